// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_CANNED_HTTP_SERVER_H_
#define ATTESTD_TEST_FAKES_CANNED_HTTP_SERVER_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/handle.h"

namespace attestd::fakes {

// A loopback port that answers the n-th request it gets with the n-th text, byte for byte, and then
// closes the connection where the text says "Connection: close" or is not HTTP at all.
class CannedHttpServer {
 public:
  explicit CannedHttpServer(std::vector<std::string> answers)
      : answers_(std::move(answers)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_.get(), 8);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~CannedHttpServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  CannedHttpServer(const CannedHttpServer&) = delete;
  CannedHttpServer& operator=(const CannedHttpServer&) = delete;

  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  // The requests received so far, head and body.
  std::vector<std::string> requests() const {
    const absl::MutexLock lock(&mutex_);
    return requests_;
  }
  int connections() const {
    const absl::MutexLock lock(&mutex_);
    return connections_;
  }

 private:
  void Run() {
    size_t next = 0;
    while (next < answers_.size()) {
      const base::UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
      if (!connection.valid()) {
        return;
      }
      {
        const absl::MutexLock lock(&mutex_);
        ++connections_;
      }
      bool closes = false;
      while (next < answers_.size() && !closes && Receive(connection.get())) {
        const std::string& answer = answers_[next++];
        (void)!::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        closes = !answer.starts_with("HTTP/1.1") ||
                 answer.find("Connection: close") != std::string::npos;
      }
      if (next == answers_.size() && !closes) {
        AwaitClose(connection.get());
      }
    }
  }

  // Lets a client wait for more than was said, until it gives up.
  static void AwaitClose(int fd) {
    pollfd gone = {.fd = fd, .events = POLLIN, .revents = 0};
    ::poll(&gone, 1, 5000);
  }

  // One request; false when the client went away. Bodies fit in the first packet here.
  bool Receive(int fd) {
    std::array<char, 8192> buffer{};
    pollfd ready = {.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 5000) != 1) {
      return false;
    }
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      return false;
    }
    const absl::MutexLock lock(&mutex_);
    requests_.emplace_back(buffer.data(), static_cast<size_t>(size));
    return true;
  }

  const std::vector<std::string> answers_;
  const base::UniqueFd listener_;
  uint16_t port_ = 0;
  mutable absl::Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  int connections_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_CANNED_HTTP_SERVER_H_
