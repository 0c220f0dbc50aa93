// SPDX-License-Identifier: Apache-2.0
#include "agent/http2_meter.h"

#include <algorithm>

namespace attestd::agent {
namespace {

// Streams, and frames for each: grpc-go sends a ping for about each reply, to measure the path.
constexpr double kForEachRequest = 4;
// ... and no less than these: calls over a low limit are answered, not hung up on.
constexpr double kLeastBurst = 16'000;
constexpr double kLeastPerSecond = 8'000;
// A call that is taken back is held until its method has noticed.
constexpr double kResetsBurst = 1'000;
constexpr double kResetsPerSecond = 500;
// Well above what gRPC lets through: it says what is wrong with those.
constexpr size_t kMaxBlock = size_t{128} << 10;
constexpr size_t kMaxBlockFrames = 32;
// Before the client has acknowledged how many streams it may have.
constexpr size_t kMaxEarlyStreams = 1024;

enum Type : uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kWindowUpdate = 8,
  kContinuation = 9,
};
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kAck = 1;
constexpr uint8_t kEndHeaders = 4;

}  // namespace

Http2Budget::Http2Budget(const Requests& requests, absl::Duration now)
    : opens_(std::max(kLeastBurst, kForEachRequest * requests.burst),
             std::max(kLeastPerSecond, kForEachRequest * requests.per_second), now),
      resets_(kResetsBurst, kResetsPerSecond, now),
      controls_(opens_) {}

bool Http2Meter::Take(base::ByteView bytes, absl::Duration now) {
  while (!over_ && !bytes.empty()) {
    if (skip_ > 0) {
      const size_t size = std::min(skip_, bytes.size());
      skip_ -= size;
      bytes = bytes.subspan(size);
      continue;
    }
    const size_t size = std::min(kHeaderBytes - have_, bytes.size());
    std::copy_n(bytes.begin(), size, header_.begin() + static_cast<ptrdiff_t>(have_));
    have_ += size;
    bytes = bytes.subspan(size);
    if (have_ == kHeaderBytes) {
      have_ = 0;
      over_ = !Begin(now);
    }
  }
  return !over_;
}

bool Http2Meter::Begin(absl::Duration now) {
  const size_t length = size_t{header_[0]} << 16U | size_t{header_[1]} << 8U | header_[2];
  const uint8_t type = header_[3];
  const uint8_t flags = header_[4];
  skip_ = length;
  switch (type) {
    case kHeaders:
    case kContinuation:
      return BeginHeaders(type, flags, length, now);
    case kReset:
      return budget_->Reset(now);
    case kData:
      return length > 0 || (flags & kEndStream) != 0 || budget_->Control(now);
    case kWindowUpdate:
      return true;  // one for each that it reads, and cheap
    case kSettings:
      settled_ = settled_ || (flags & kAck) != 0;
      return budget_->Control(now);
    default:
      return budget_->Control(now);
  }
}

bool Http2Meter::BeginHeaders(uint8_t type, uint8_t flags, size_t length, absl::Duration now) {
  if (type == kHeaders) {
    block_bytes_ = 0;
    block_frames_ = 0;
    early_streams_ += settled_ ? 0 : 1;
    if (early_streams_ > kMaxEarlyStreams || !budget_->Open(now)) {
      return false;
    }
  }
  block_bytes_ += length;
  ++block_frames_;
  const bool small = block_bytes_ <= kMaxBlock && block_frames_ <= kMaxBlockFrames;
  if ((flags & kEndHeaders) != 0) {
    block_bytes_ = 0;
    block_frames_ = 0;
  }
  return small;
}

}  // namespace attestd::agent
