// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TTRPC_FRAME_H_
#define ATTESTD_TTRPC_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace attestd::ttrpc {

// Frames of ttRPC (containerd/ttrpc, PROTOCOL.md): a header of 10 bytes, big-endian, and data.
inline constexpr size_t kHeaderBytes = 10;
// The protocol's largest data. The first byte of a frame is therefore always zero.
inline constexpr size_t kMaxDataBytes = size_t{4} << 20;

inline constexpr uint8_t kRequest = 1;
inline constexpr uint8_t kResponse = 2;
inline constexpr uint8_t kData = 3;
// Flag of a request: data will follow on its stream.
inline constexpr uint8_t kRemoteOpen = 0x2;

struct Header {
  uint32_t length = 0;  // of the data, in bytes
  uint32_t stream = 0;
  uint8_t type = 0;
  uint8_t flags = 0;

  bool operator==(const Header&) const = default;
};

// The header's 10 bytes.
std::string EncodeHeader(const Header& header);

// A frame as it came in; without data when there was more than the reader takes.
struct Frame {
  Header header;
  base::Bytes data;
  bool too_long = false;
};

// Cuts a stream of bytes, which come in pieces of any size, into frames. Holds no more than
// one frame's data as far as it has come; what is too long is dropped as it comes.
class FrameReader {
 public:
  // `max_data` in bytes, at most kMaxDataBytes.
  explicit FrameReader(size_t max_data) : max_data_(max_data) {}

  // The next frame, or nothing when `bytes` are used up; takes what it uses from their front. A
  // frame that is too long is returned as soon as its header is there.
  std::optional<Frame> Next(base::ByteView& bytes);

  // A frame has begun and is not whole.
  bool partial() const { return !header_.empty() || skip_ > 0; }

 private:
  const size_t max_data_;
  std::string header_;  // as far as it has come; whole while data are read
  base::Bytes data_;
  size_t skip_ = 0;  // bytes of a frame that was too long
};

}  // namespace attestd::ttrpc

#endif  // ATTESTD_TTRPC_FRAME_H_
