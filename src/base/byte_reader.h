// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_BYTE_READER_H_
#define ATTESTD_BASE_BYTE_READER_H_

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::base {

// Reads untrusted bytes from front to back. Every read is checked: one past the end is
// InvalidArgument with the offset, and leaves the reader where it was.
class ByteReader {
 public:
  // The reader borrows the bytes.
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  absl::StatusOr<uint8_t> ReadU8();
  absl::StatusOr<uint16_t> ReadU16Be();
  absl::StatusOr<uint32_t> ReadU32Be();
  absl::StatusOr<uint64_t> ReadU64Be();
  absl::StatusOr<uint16_t> ReadU16Le();
  absl::StatusOr<uint32_t> ReadU32Le();
  absl::StatusOr<uint64_t> ReadU64Le();
  // The next count bytes, borrowed from the input.
  absl::StatusOr<ByteView> ReadBytes(size_t count);
  // A big-endian 16-bit length and that many bytes (TPM2B of the TPM 2.0 library, part 2).
  absl::StatusOr<ByteView> ReadSized16Be();
  // InvalidArgument when bytes are left.
  absl::Status ExpectEnd() const;

  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }

 private:
  ByteView bytes_;
  size_t offset_ = 0;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_BYTE_READER_H_
