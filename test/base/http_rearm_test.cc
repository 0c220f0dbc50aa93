// SPDX-License-Identifier: Apache-2.0
// A system that refuses to report a socket any further.
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <iterator>
#include <string>
#include <thread>

#include "test/base/http_test_request.h"
#include "test/fakes/loopback_listener.h"

namespace {

std::atomic<bool> refuse{false};
std::atomic<int> refused{0};
std::atomic<int> done{0};

}  // namespace

extern "C" int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  if (refuse && operation != EPOLL_CTL_DEL) {
    ++refused;
    errno = ENOMEM;
    return -1;
  }
  const auto result = static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, fd, event));
  ++done;
  return result;
}

namespace attestd::base {
namespace {

// Sends the start of a reply in pieces, and sees each arrive: libcurl waits for the next one after
// it, and for nothing else any more.
void SendStart(int peer) {
  for (const std::string piece : {"HTTP/1.1 200 OK\r\n", "A: b\r\n", "C: d\r\n"}) {
    const int before = done;
    CHECK(::send(peer, piece.data(), piece.size(), MSG_NOSIGNAL) == std::ssize(piece));
    const Deadline limit = Deadline::After(absl::Seconds(5));
    while (done == before && !limit.Expired()) {
      std::this_thread::yield();
    }
    CHECK(done > before);
  }
}

// What a request comes to whose last piece comes when the system refuses, or does not.
absl::StatusOr<HttpResponse> Ask(bool refuses) {
  const fakes::LoopbackListener listener;
  const auto transport = PlainTransport();
  absl::StatusOr<HttpResponse> reply = absl::UnknownError("");
  std::thread caller([&] {
    reply = transport->Send(
        Get("http://127.0.0.1:" + std::to_string(listener.port()) + "/", absl::Seconds(10)));
  });
  const UniqueFd peer = listener.Accept();
  std::array<char, 1024> head{};
  CHECK(::recv(peer.get(), head.data(), head.size(), 0) > 0);
  SendStart(peer.get());
  refuse = refuses;
  const std::string last = refuses ? "E: f\r\n" : "Content-Length: 4\r\n\r\nbody";
  CHECK(::send(peer.get(), last.data(), last.size(), MSG_NOSIGNAL) == std::ssize(last));
  caller.join();
  refuse = false;
  return reply;
}

TEST_CASE("A request whose socket cannot be watched any further ends at once with an error") {
  const auto whole = Ask(false);
  REQUIRE(whole.ok());
  CHECK(whole->body == "body");
  CHECK(refused == 0);

  const absl::Duration asked = BootTime();
  const absl::Status status = Ask(true).status();
  INFO(status.ToString());
  CHECK(refused > 0);
  CHECK(absl::IsUnavailable(status));
  CHECK(Says(status, "epoll_ctl"));
  CHECK(BootTime() - asked < absl::Seconds(5));
}

}  // namespace
}  // namespace attestd::base
