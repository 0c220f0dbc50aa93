// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_METERED_READS_H_
#define ATTESTD_AGENT_METERED_READS_H_

#include <cstdint>
#include <memory>

#include "agent/http2_meter.h"
#include "base/handle.h"

namespace attestd::agent {

// gRPC reads its connections by recvmsg(2), and has no place where somebody else could look at what
// comes. While this lives, that call shows what it reads from the connection to a meter first; one
// that the meter ends is shut down, and the call fails as when the client has reset it.
class MeteredReads {
 public:
  // Of the socket itself, whichever descriptor it is read from.
  MeteredReads(const base::UniqueFd& connection, std::shared_ptr<Http2Budget> budget);
  MeteredReads(MeteredReads&& other) noexcept : cookie_(std::exchange(other.cookie_, 0)) {}
  MeteredReads& operator=(MeteredReads&& other) noexcept {
    std::swap(cookie_, other.cookie_);
    return *this;
  }
  MeteredReads(const MeteredReads&) = delete;
  MeteredReads& operator=(const MeteredReads&) = delete;
  ~MeteredReads();

 private:
  uint64_t cookie_ = 0;  // SO_COOKIE; 0: none
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_METERED_READS_H_
