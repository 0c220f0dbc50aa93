// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_HTTP2_METER_H_
#define ATTESTD_AGENT_HTTP2_METER_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "agent/token_bucket.h"
#include "base/bytes.h"

namespace attestd::agent {

// What all of a principal's connections may send together of what costs us more than it costs them.
class Http2Budget {
 public:
  // The requests that are let through, `burst` at once and then so many a second. The budget is
  // well beyond them, so that calls meet that limit first, and its answer.
  struct Requests {
    double burst;
    double per_second;
  };
  // `now`: of the boot clock, here and below.
  Http2Budget(const Requests& requests, absl::Duration now);

  // Each is false when there is none left.
  bool Open(absl::Duration now) { return Take(opens_, now); }    // a stream
  bool Reset(absl::Duration now) { return Take(resets_, now); }  // one that was opened
  bool Control(absl::Duration now) { return Take(controls_, now); }

 private:
  bool Take(TokenBucket& bucket, absl::Duration now) {
    const absl::MutexLock lock(&mutex_);
    return bucket.Take(now);
  }
  absl::Mutex mutex_;
  TokenBucket opens_;
  TokenBucket resets_;
  TokenBucket controls_;
};

// Looks at what a client of gRPC sends (RFC 9113) before gRPC does, which has no bound for some of
// it: streams that are opened and reset, headers that go on and on, frames without end. Used by one
// thread at a time.
class Http2Meter {
 public:
  explicit Http2Meter(std::shared_ptr<Http2Budget> budget) : budget_(std::move(budget)) {}

  // False when the client has sent what no client of gRPC sends: it is to be hung up on.
  bool Take(base::ByteView bytes, absl::Duration now);

 private:
  static constexpr size_t kHeaderBytes = 9;

  bool Begin(absl::Duration now);
  bool BeginHeaders(uint8_t type, uint8_t flags, size_t length, absl::Duration now);

  const std::shared_ptr<Http2Budget> budget_;
  size_t skip_ = 24;  // of the preface, then of payloads
  std::array<uint8_t, kHeaderBytes> header_{};
  size_t have_ = 0;          // of header_
  size_t block_bytes_ = 0;   // of a block of headers that has not ended
  size_t block_frames_ = 0;  // ... and in so many frames
  size_t early_streams_ = 0;
  bool settled_ = false;  // it has seen our settings
  bool over_ = false;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_HTTP2_METER_H_
