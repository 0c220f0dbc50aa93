// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_MEMORY_NEEDLES_H_
#define ATTESTD_TEST_MEMORY_NEEDLES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::memory_scan {

// The shortest piece of a needle that counts.
inline constexpr size_t kPiece = 16;

// A run of a needle's bytes, as long as it goes.
struct Piece {
  size_t needle = 0;     // index into names()
  size_t at = 0;         // where in the haystack
  size_t in_needle = 0;  // which byte of the needle comes first
  size_t size = 0;
};

// What is looked for, indexed once. In every 16 bytes of a needle lies a whole block of 8 that
// begins at a multiple of 8, so that looking for those finds every piece, at any address.
class Needles {
 public:
  // Lines of a name, a blank and hex digits. InvalidArgument for another line, and for a needle
  // below kPiece bytes or with a block of zeros.
  static absl::StatusOr<Needles> Parse(std::string_view text);

  // The pieces of at least kPiece bytes, in the order of their addresses; none overlap.
  std::vector<Piece> FindIn(base::ByteView haystack) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  struct Place {
    size_t needle = 0;
    size_t offset = 0;
  };

  Needles();
  void Add(std::string name, base::Bytes bytes);
  bool MayHave(uint64_t block) const;
  Piece Extended(base::ByteView haystack, size_t at, size_t begin, const Place& place) const;

  std::vector<std::string> names_;
  std::vector<base::Bytes> needles_;
  std::unordered_map<uint64_t, Place> blocks_;
  std::vector<uint64_t> filter_;  // a bit for each hash of a block
};

}  // namespace attestd::memory_scan

#endif  // ATTESTD_TEST_MEMORY_NEEDLES_H_
