// SPDX-License-Identifier: Apache-2.0
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/http_curl_connection.h"

namespace attestd::base {
namespace {

// libcurl takes milliseconds for each; a name with more of them has nothing better behind.
constexpr int kMaxRefusedAddresses = 16;

// libcurl tries the next address when it is called again, for which it sets no timeout.
constexpr curl_socket_t kEverything = -2;

int CurlEvents(uint32_t events) {
  int what = (events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
  what |= (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
  // As libcurl reads poll: what lies there is read before the error is met.
  return (events & (EPOLLERR | EPOLLHUP)) != 0 ? what | CURL_CSELECT_IN | CURL_CSELECT_OUT : what;
}

uint32_t EpollEvents(int what) {
  uint32_t events = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) {
    events |= EPOLLIN;
  }
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) {
    events |= EPOLLOUT;
  }
  return events;
}

// Nothing would report the answer any more.
absl::Status Unwatched(const absl::Status& why) {
  return MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUnreachable,
                    "the connection cannot be waited for: " + why.ToString());
}

// Nothing for infinity.
void SetTimerFd(int fd, absl::Duration wait) {
  if (wait == absl::InfiniteDuration()) {
    return;
  }
  // Zero would end it.
  const itimerspec spec = {.it_interval = {},
                           .it_value = absl::ToTimespec(std::max(wait, absl::Nanoseconds(1)))};
  ::timerfd_settime(fd, 0, &spec, nullptr);
}

}  // namespace

absl::Status CurlConnection::Watch() {
  id_ = shared_->loop.Add(weak_from_this());
  return shared_->loop.Arm(id_, timer_.get(), EPOLLIN, IoLoop::Again::kEdges);
}

void CurlConnection::OnReady(int fd, uint32_t events) {
  Outcome outcome;
  {
    const absl::MutexLock lock(&mutex_);
    const bool timer = fd == timer_.get();
    if (timer) {
      uint64_t expirations = 0;
      [[maybe_unused]] const ssize_t size = ::read(fd, &expirations, sizeof expirations);
      timer_set_ = Deadline::Infinite();
    }
    if (transfer_.done == nullptr) {
      return;
    }
    std::optional<absl::Status> status =
        timer ? Advance(CURL_SOCKET_TIMEOUT, 0) : Advance(fd, CurlEvents(events));
    if (!status.has_value()) {
      const auto found = sockets_.find(fd);
      const absl::Status armed =
          found != sockets_.end() ? shared_->loop.Arm(id_, fd, found->second) : absl::OkStatus();
      if (armed.ok()) {
        return;
      }
      status = Unwatched(armed);
    }
    outcome = End(*status);
  }
  outcome.done(std::move(outcome.response));
}

std::optional<absl::Status> CurlConnection::Advance(curl_socket_t socket, int events) {
  while (true) {
    const int refused = transfer_.refused_addresses;
    if (!Act(socket, events)) {
      return MakeStatus(absl::StatusCode::kInternal, "libcurl cannot go on");
    }
    int left = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left); message != nullptr) {
      return ErrorOf(message->data.result);
    }
    const bool refuses = transfer_.refused_addresses != refused;
    const bool again = refuses || curl_due_.Expired();
    if (!again) {
      SetTimer();
    }
    // After the timer is set: a stop that comes later wakes it.
    if (std::optional<absl::Status> status = GivenUp(); status.has_value() || !again) {
      return status;
    }
    socket = refuses ? kEverything : CURL_SOCKET_TIMEOUT;
    events = 0;
  }
}

bool CurlConnection::Act(curl_socket_t socket, int events) {
  int running = 0;
  if (socket == kEverything) {
    CURL_IGNORE_DEPRECATION(return curl_multi_socket_all(multi_.get(), &running) == CURLM_OK;)
  }
  if (socket == CURL_SOCKET_TIMEOUT) {
    curl_due_ = Deadline::Infinite();  // libcurl tells the next
  }
  return curl_multi_socket_action(multi_.get(), socket, events, &running) == CURLM_OK;
}

std::optional<absl::Status> CurlConnection::GivenUp() const {
  if (!transfer_.refused.ok()) {
    return transfer_.refused;
  }
  if (transfer_.refused_addresses > kMaxRefusedAddresses) {
    return ErrorOf(CURLE_COULDNT_CONNECT);
  }
  // Before the stop, which the deadline may have requested.
  if (transfer_.request.deadline.Expired()) {
    return MakeStatus(absl::StatusCode::kDeadlineExceeded, Reason::kDeadline,
                      "no whole reply before the deadline");
  }
  if (transfer_.request.stop.stop_requested()) {
    return MakeStatus(absl::StatusCode::kCancelled, "the caller gave the request up");
  }
  return std::nullopt;
}

// Rarely a system call: a timer that is set too early costs a look, and deadlines move on.
void CurlConnection::SetTimer() {
  const Deadline due = Deadline::Earlier(curl_due_, transfer_.request.deadline);
  if (due < timer_set_) {
    timer_set_ = due;
    SetTimerFd(timer_.get(), due.Remaining());
  }
}

// Any thread, without the lock.
void CurlConnection::Wake() { SetTimerFd(timer_.get(), absl::ZeroDuration()); }

int CurlConnection::OnSocket(CURL* /*curl*/, curl_socket_t socket, int what, void* self,
                             void* /*socket_data*/) {
  auto& connection = *static_cast<CurlConnection*>(self);
  connection.mutex_.AssertHeld();
  if (what == CURL_POLL_REMOVE) {
    connection.sockets_.erase(socket);  // the loop reports it once more at most
    return 0;
  }
  const uint32_t events = EpollEvents(what);
  connection.sockets_[socket] = events;
  const absl::Status armed = connection.shared_->loop.Arm(connection.id_, socket, events);
  if (!armed.ok()) {
    connection.transfer_.refused = Unwatched(armed);
  }
  return 0;
}

int CurlConnection::OnTimer(CURLM* /*multi*/, long timeout_ms, void* self) {
  auto& connection = *static_cast<CurlConnection*>(self);
  connection.mutex_.AssertHeld();
  connection.curl_due_ =
      timeout_ms < 0 ? Deadline::Infinite() : Deadline::After(absl::Milliseconds(timeout_ms));
  return 0;
}

}  // namespace attestd::base
