// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_CONNECT_PROXY_H_
#define ATTESTD_TEST_FAKES_CONNECT_PROXY_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test/fakes/loopback_listener.h"

namespace attestd::fakes {

// An HTTP proxy on loopback that knows CONNECT alone: it records each head and answers it with
// `answer`; after "200" it passes bytes to the port `target`, whatever host was asked for. One
// connection at a time.
class ConnectProxy {
 public:
  ConnectProxy(std::string answer, uint16_t target)
      : answer_("HTTP/1.1 " + std::move(answer) + "\r\n\r\n"),
        target_(target),
        thread_([this] { Run(); }) {}
  ~ConnectProxy() {
    listener_.Stop();
    thread_.join();
  }
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(listener_.port()); }
  std::vector<std::string> heads() const {
    const absl::MutexLock lock(&mutex_);
    return heads_;
  }

 private:
  void Run() {
    while (true) {
      const base::UniqueFd client = listener_.Accept();
      std::array<char, 4096> head{};
      if (!client.valid()) {
        return;
      }
      const ssize_t size = ::recv(client.get(), head.data(), head.size(), 0);
      {
        const absl::MutexLock lock(&mutex_);
        heads_.emplace_back(head.data(), static_cast<size_t>(std::max<ssize_t>(size, 0)));
      }
      (void)!::send(client.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
      if (answer_.starts_with("HTTP/1.1 200")) {
        const base::UniqueFd server = ConnectLoopback(target_);
        Pass(client.get(), server.get());
      }
    }
  }

  // Until one side closes, or nothing moves for 5 s.
  static void Pass(int a, int b) {
    std::array<pollfd, 2> fds = {pollfd{.fd = a, .events = POLLIN, .revents = 0},
                                 pollfd{.fd = b, .events = POLLIN, .revents = 0}};
    while (::poll(fds.data(), fds.size(), 5000) > 0) {
      for (size_t i = 0; i < fds.size(); ++i) {
        std::array<char, 16384> buffer{};
        const ssize_t size =
            fds[i].revents != 0 ? ::recv(fds[i].fd, buffer.data(), buffer.size(), 0) : 1;
        if (size <= 0) {
          return;
        }
        if (fds[i].revents != 0) {
          (void)!::send(fds[1 - i].fd, buffer.data(), static_cast<size_t>(size), MSG_NOSIGNAL);
        }
      }
    }
  }

  const std::string answer_;
  const uint16_t target_;
  const LoopbackListener listener_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> heads_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_CONNECT_PROXY_H_
