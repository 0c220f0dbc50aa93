// SPDX-License-Identifier: Apache-2.0
// What DNS may do. This program has a getaddrinfo of its own, which libcurl's resolver thread finds
// before the C library's: the rest of the path is the real one.
#include <arpa/inet.h>
#include <netdb.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <thread>

#include "test/base/http_test_request.h"
#include "test/fakes/canned_http_server.h"

namespace {

// Names of the form N.hang.test wait until a test lets them go.
std::atomic<int> waiting = 0;
std::atomic<bool> released = false;

addrinfo* MakeAddress(const std::string& text, const char* port) {
  auto* info = static_cast<addrinfo*>(std::calloc(1, sizeof(addrinfo)));
  auto* storage = static_cast<sockaddr_storage*>(std::calloc(1, sizeof(sockaddr_storage)));
  auto* v4 = reinterpret_cast<sockaddr_in*>(storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(storage);
  const auto number = htons(static_cast<uint16_t>(std::atoi(port)));
  const bool is_v4 = ::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1;
  if (is_v4) {
    v4->sin_port = number;
  } else {
    ::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr);
    v6->sin6_port = number;
  }
  storage->ss_family = is_v4 ? AF_INET : AF_INET6;
  info->ai_family = storage->ss_family;
  info->ai_socktype = SOCK_STREAM;
  info->ai_protocol = IPPROTO_TCP;
  info->ai_addrlen = is_v4 ? sizeof *v4 : sizeof *v6;
  info->ai_addr = reinterpret_cast<sockaddr*>(storage);
  return info;
}

}  // namespace

// "A_B.addr.test" has the addresses A and B ('-' stands for ':'), "N.many.test" has 10,000 of
// link-local ones; anything else is not known.
extern "C" int getaddrinfo(const char* name, const char* port, const addrinfo* /*hints*/,
                           addrinfo** result) {
  std::string text(name);
  addrinfo** tail = result;
  *result = nullptr;
  if (text.ends_with(".hang.test")) {
    ++waiting;
    while (!released) {
      ::usleep(1000);
    }
    --waiting;
    return EAI_AGAIN;
  }
  if (text.ends_with(".many.test")) {
    for (int i = 0; i < 10000; ++i) {
      *tail =
          MakeAddress("169.254." + std::to_string(i / 250) + "." + std::to_string(i % 250), port);
      tail = &(*tail)->ai_next;
    }
    return 0;
  }
  if (!text.ends_with(".addr.test")) {
    return EAI_NONAME;
  }
  text.resize(text.size() - std::strlen(".addr.test"));
  for (char& c : text) {
    c = c == '-' ? ':' : c;
  }
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('_', begin), text.size());
    *tail = MakeAddress(text.substr(begin, end - begin), port);
    tail = &(*tail)->ai_next;
    begin = end + 1;
  }
  return 0;
}

extern "C" void freeaddrinfo(addrinfo* list) {
  while (list != nullptr) {
    addrinfo* const next = list->ai_next;
    std::free(list->ai_addr);
    std::free(list);
    list = next;
  }
}

namespace attestd::base {
namespace {

using fakes::CannedHttpServer;

std::string At(const CannedHttpServer& server, const std::string& addresses) {
  return "http://" + addresses + ".addr.test:" + ParseHttpUrl(server.Url("/"))->port + "/";
}

TEST_CASE("Case 44: addresses that DNS should not give are refused by their class") {
  const auto [addresses, why] = GENERATE(table<std::string, std::string>({
      {"169.254.169.254", "link-local"},
      {"fe80--1", "link-local"},
      {"127.0.0.1", "loopback"},
      {"127.9.9.9", "loopback"},
      {"--1", "loopback"},
      {"--ffff-127.0.0.1", "loopback"},
      {"--ffff-169.254.169.254", "link-local"},
      {"64-ff9b--169.254.169.254", "link-local"},
      {"0.0.0.0", "unspecified"},
      {"--", "unspecified"},
      {"224.0.0.1", "multicast"},
      {"ff02--1", "multicast"},
      {"169.254.0.1_fe80--1_169.254.0.2", "link-local"},
  }));
  CannedHttpServer server({OkReply("no")});
  const absl::Status status = PlainTransport()->Send(Get(At(server, addresses))).status();
  INFO(addresses << ": " << status);
  CHECK(absl::IsUnavailable(status));
  CHECK(GetReason(status) == Reason::kBrokerUnreachable);
  CHECK(Says(status, "DNS gave a " + why + " address"));
  CHECK(server.connections() == 0);
}

TEST_CASE("Case 44: loopback from DNS is taken where it is allowed, and no other class with it") {
  CannedHttpServer server({OkReply("yes")});
  const auto transport = MakeTransport({.allow_http = true, .allow_loopback = true});
  CHECK(Says(transport->Send(Get(At(server, "169.254.1.1"))).status(), "link-local"));
  // A refused address does not spoil one beside it.
  const auto response = transport->Send(Get(At(server, "169.254.1.1_127.0.0.1")));
  INFO(response.status());
  REQUIRE(response.ok());
  CHECK(response->body == "yes");
}

TEST_CASE("Case 44: an address in the URL, and localhost, are the operator's own word") {
  CannedHttpServer server({LastReply("1"), LastReply("2"), LastReply("3"), LastReply("4")});
  const std::string port = ParseHttpUrl(server.Url("/"))->port;
  const auto transport = PlainTransport();
  for (const char* host : {"127.0.0.1", "localhost", "LOCALHOST", "[::ffff:127.0.0.1]"}) {
    const auto response = transport->Send(Get(std::string("http://") + host + ":" + port + "/"));
    INFO(host << ": " << response.status());
    CHECK(response.ok());
  }
  CHECK(server.connections() == 4);
}

TEST_CASE("Case 44: the filter looks at the proxy's address, and leaves the server's to it") {
  CannedHttpServer server({});
  const std::string port = ParseHttpUrl(server.Url("/"))->port;
  const absl::Status status =
      MakeTransport({.allow_http = true, .proxy = {.url = "http://127.0.0.1.addr.test:" + port}})
          ->Send(Get("http://10.0.0.1/"))
          .status();
  CHECK(Says(status, "proxy: connect: DNS gave a loopback address"));
  CHECK(server.connections() == 0);
}

TEST_CASE("Case 44: a name that is not there, and 10,000 records, are Unavailable in time") {
  const auto transport = PlainTransport();
  const absl::Duration before = BootTime();
  CHECK(Says(transport->Send(Get("http://nowhere.test/")).status(), "DNS: "));
  const absl::Status many = transport->Send(Get("http://a.many.test/")).status();
  CHECK(Says(many, "link-local"));
  CHECK(BootTime() - before < absl::Seconds(1));
}

TEST_CASE("Case 44: while DNS says nothing, deadline and stop are kept to 50 ms") {
  released = false;
  const auto transport = PlainTransport();
  const absl::Duration before = BootTime();
  const absl::Status late =
      transport->Send(Get("http://1.hang.test/", absl::Milliseconds(100))).status();
  const absl::Duration took = BootTime() - before;
  CHECK(absl::IsDeadlineExceeded(late));
  CHECK(took >= absl::Milliseconds(100));
  CHECK(took < absl::Milliseconds(150));
  std::stop_source stop;
  HttpRequest request = Get("http://2.hang.test/", absl::Minutes(1));
  request.stop = stop.get_token();
  absl::Duration ended;
  absl::Status stopped;
  std::thread caller([&] {
    stopped = transport->Send(request).status();
    ended = BootTime();
  });
  for (const Deadline limit = Deadline::After(absl::Seconds(5)); waiting < 2;) {
    REQUIRE_FALSE(limit.Expired());
    ::usleep(1000);
  }
  const absl::Duration asked = BootTime();
  stop.request_stop();
  caller.join();
  CHECK(absl::IsCancelled(stopped));
  CHECK(ended - asked < absl::Milliseconds(50));
  // The resolver's threads end by themselves.
  released = true;
  for (const Deadline limit = Deadline::After(absl::Seconds(5)); waiting > 0;) {
    REQUIRE_FALSE(limit.Expired());
    ::usleep(1000);
  }
}

}  // namespace
}  // namespace attestd::base
