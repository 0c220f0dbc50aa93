// SPDX-License-Identifier: Apache-2.0
// Deadlines, stops, stalls and connections that went away.
#include <dirent.h>

#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "test/base/http_test_request.h"
#include "test/fakes/canned_http_server.h"
#include "test/fakes/loopback_listener.h"

namespace attestd::base {
namespace {

using fakes::CannedHttpServer;
using fakes::ConnectLoopback;
using fakes::LoopbackListener;

std::string Url(const LoopbackListener& listener) {
  return "http://127.0.0.1:" + std::to_string(listener.port()) + "/";
}

size_t OpenFiles() {
  const Handle<DIR, ::closedir> folder(::opendir("/proc/self/fd"));
  size_t count = 0;
  while (::readdir(folder.get()) != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    ++count;
  }
  return count;
}

// Whether so many are open within 5 s: the loop's thread closes behind its word.
bool OpenFilesBecome(size_t count) {
  const Deadline limit = Deadline::After(absl::Seconds(5));
  while (OpenFiles() != count && !limit.Expired()) {
    std::this_thread::yield();
  }
  return OpenFiles() == count;
}

// Reads until the client closes; whether it did within 5 s.
bool ClosesSoon(int fd) {
  const timeval limit = {.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::array<char, 1024> buffer{};
  ssize_t size = 0;
  while ((size = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0) {
  }
  return size == 0 || errno == ECONNRESET;
}

TEST_CASE("A stop from another thread ends the call at once and closes its connection") {
  const std::string said = GENERATE(as<std::string>{}, "", "HTTP/1.1 200 OK\r\n",
                                    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx");
  const LoopbackListener listener;
  const auto transport = PlainTransport();
  const size_t before = OpenFiles();
  std::stop_source stop;
  HttpRequest request = Get(Url(listener), absl::Minutes(1));
  request.stop = stop.get_token();
  absl::Status status;
  absl::Duration ended;
  std::thread caller([&] {
    status = transport->Send(request).status();
    ended = BootTime();
  });
  UniqueFd peer = listener.Accept();
  std::array<char, 1024> head{};
  CHECK(::recv(peer.get(), head.data(), head.size(), 0) > 0);
  (void)!::send(peer.get(), said.data(), said.size(), MSG_NOSIGNAL);
  const absl::Duration asked = BootTime();
  stop.request_stop();
  caller.join();
  CHECK(absl::IsCancelled(status));
  CHECK(ended - asked < absl::Milliseconds(50));
  CHECK(ClosesSoon(peer.get()));
  peer.reset();
  CHECK(OpenFilesBecome(before));
}

TEST_CASE("A stop that is requested at the deadline is told as the deadline") {
  const LoopbackListener listener;
  const auto transport = PlainTransport();
  std::stop_source stop;
  HttpRequest request = Get(Url(listener), absl::Milliseconds(60));
  request.stop = stop.get_token();
  std::thread alarm([deadline = request.deadline, &stop] {
    while (!deadline.Expired()) {
    }
    stop.request_stop();
  });
  CHECK(absl::IsDeadlineExceeded(transport->Send(request).status()));
  alarm.join();
  CHECK(absl::IsDeadlineExceeded(transport->Send(request).status()));
}

TEST_CASE("A stop that came before sends nothing; one that comes after changes nothing") {
  CannedHttpServer server({OkReply("a"), OkReply("b")});
  const auto transport = PlainTransport();
  std::stop_source stop;
  HttpRequest request = Get(server.Url("/"));
  request.stop = stop.get_token();
  CHECK(transport->Send(request)->body == "a");
  stop.request_stop();
  CHECK(absl::IsCancelled(transport->Send(request).status()));
  CHECK(server.requests().size() == 1);
  CHECK(transport->Send(Get(server.Url("/")))->body == "b");
  CHECK(server.connections() == 1);
}

TEST_CASE("Case 46: the deadline ends a call within 50 ms, wherever the server stops") {
  const std::string said = GENERATE(as<std::string>{}, "", "HTTP/1.1 200 OK\r\nContent-Le",
                                    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx");
  const int limit_ms = GENERATE(1, 30, 230);
  const LoopbackListener listener;
  const auto transport = PlainTransport();
  std::thread server([&] {
    const UniqueFd peer = listener.Accept();
    (void)!::send(peer.get(), said.data(), said.size(), MSG_NOSIGNAL);
    ClosesSoon(peer.get());
  });
  const absl::Duration before = BootTime();
  const absl::Status status =
      transport->Send(Get(Url(listener), absl::Milliseconds(limit_ms))).status();
  const absl::Duration took = BootTime() - before;
  ConnectLoopback(listener.port());  // where the deadline came before the connection
  server.join();
  CHECK(absl::IsDeadlineExceeded(status));
  CHECK(GetReason(status) == Reason::kDeadline);
  CHECK(took >= absl::Milliseconds(limit_ms));
  CHECK(took < absl::Milliseconds(limit_ms + 50));
}

TEST_CASE("Case 46: a server that sends next to nothing is given up before the deadline") {
  CannedHttpServer server({"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nstall"});
  const auto transport = MakeTransport({.allow_http = true, .stall_limit = absl::Seconds(1)});
  const absl::Status status = transport->Send(Get(server.Url("/"), absl::Seconds(30))).status();
  CHECK(absl::IsUnavailable(status));
  CHECK(Says(status, "32 bytes/s"));
}

TEST_CASE("Case 45: a kept connection that the server closed meanwhile fails no request") {
  const auto method = GENERATE(HttpRequest::Method::kGet, HttpRequest::Method::kPost);
  const bool reset = GENERATE(false, true);
  const LoopbackListener listener;
  const std::string reply = OkReply("yes");
  std::thread server([&] {
    for (int i = 0; i < 3; ++i) {
      UniqueFd peer = listener.Accept();
      std::array<char, 4096> head{};
      (void)!::recv(peer.get(), head.data(), head.size(), 0);
      (void)!::send(peer.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
      // The next request meets a connection that ends, or one that is reset when it arrives.
      if (reset) {
        (void)!::recv(peer.get(), head.data(), 1, 0);
        const linger at_once = {.l_onoff = 1, .l_linger = 0};
        ::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      }
    }
  });
  const auto transport = PlainTransport();
  for (int i = 0; i < 3; ++i) {
    HttpRequest request = Get(Url(listener));
    request.method = method;
    request.body = method == HttpRequest::Method::kPost ? "{\"a\":1}" : "";
    const auto response = transport->Send(request);
    INFO(response.status());
    CHECK(response.ok());
  }
  // Ends the wait for a fourth byte.
  HttpRequest last = Get(Url(listener), absl::Milliseconds(200));
  (void)transport->Send(last);
  server.join();
}

TEST_CASE("Case 45: a server that ends early, before, in or after the head, is Unavailable") {
  const std::string said =
      GENERATE(as<std::string>{}, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Le",
               "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nx",
               "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
  CannedHttpServer server({said});
  const absl::Status status = PlainTransport()->Send(Get(server.Url("/"))).status();
  INFO(status);
  CHECK(absl::IsUnavailable(status));
  CHECK(GetReason(status) == Reason::kBrokerUnreachable);
}

}  // namespace
}  // namespace attestd::base
