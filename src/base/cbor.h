// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_CBOR_H_
#define ATTESTD_BASE_CBOR_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

// The one door to the CBOR library (RFC 8949).
namespace attestd::base {

// A value. `kind` says which of the other members count.
struct Cbor {
  enum class Kind { kInteger, kBytes, kText, kArray, kMap, kTag, kSimple };

  Kind kind = Kind::kSimple;
  // The integer; the tag's number; the simple value's number (20 false, 21 true, 22 null, ...).
  int64_t number = 22;
  Bytes bytes = {};
  std::string text = {};
  // Elements of an array; keys and values of a map in turn; the content of a tag.
  std::vector<Cbor> items = {};

  static Cbor Integer(int64_t value);
  static Cbor ByteString(ByteView value);
  static Cbor Text(std::string value);
  static Cbor Array(std::vector<Cbor> elements);
  static Cbor Map(std::vector<Cbor> keys_and_values);
  static Cbor Tag(int64_t tag, Cbor content);

  // Value of a map's integer key; null when there is none, or this is no map.
  const Cbor* Find(int64_t key) const;

  friend bool operator==(const Cbor&, const Cbor&) = default;
};

struct CborLimits {
  size_t size = size_t{64} << 10;  // bytes of the input
  size_t depth = 16;
  size_t items = 1024;  // values, keys and containers together
};

// One value and nothing behind it; memory grows with the bytes that are there, never with a length
// that is claimed. InvalidArgument with the offset otherwise; also for what no token of ours uses:
// indefinite lengths, floating point, integers beyond 64 bits signed, and a key of a map twice.
absl::StatusOr<Cbor> ParseCbor(ByteView bytes, const CborLimits& limits);
absl::StatusOr<Cbor> ParseCbor(ByteView bytes);

// The value in shortest form, members of maps in their order. Not for simple values from 24 to 31,
// which have no well-formed encoding (RFC 8949, 3.3).
Bytes EncodeCbor(const Cbor& value);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_CBOR_H_
