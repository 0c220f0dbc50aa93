// SPDX-License-Identifier: Apache-2.0
// Clients that cost more than they may.
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>

#include "test/ttrpc/ttrpc_lab.h"

namespace attestd::ttrpc {
namespace {

// Reads what the server still sends until it hangs up; false when it does not.
bool HangsUp(RawClient& client) {
  std::string scratch(1 << 20, '\0');
  ssize_t size = 1;
  while (size > 0) {
    size = ::recv(client.socket(), scratch.data(), scratch.size(), 0);
  }
  return size == 0 || errno == ECONNRESET;
}

TEST_CASE("A client that does not read is dropped when too much waits for it") {
  TtrpcLab lab({.unsent_bytes = size_t{2} << 20}, size_t{1} << 20);
  RawClient good = lab.Connect();
  RawClient slow = lab.Connect();
  for (uint32_t stream = 1; stream < 40; stream += 2) {
    const std::string data = EncodeRequest("Secret");
    const std::string frame =
        EncodeHeader(
            {.length = static_cast<uint32_t>(data.size()), .stream = stream, .type = kRequest}) +
        data;
    // The server may have hung up already.
    ::send(slow.socket(), frame.data(), frame.size(), MSG_NOSIGNAL);
  }
  // It hangs up though nothing is read.
  pollfd gone = {.fd = slow.socket(), .events = 0, .revents = 0};
  REQUIRE(::poll(&gone, 1, 10'000) == 1);
  CHECK((gone.revents & POLLHUP) != 0);
  CHECK(good.Works());
  lab.EndServer();
  CHECK(lab.secret().use_count() == 1);
}

TEST_CASE("A client that reads gets as much as it wants") {
  TtrpcLab lab({.unsent_bytes = size_t{2} << 20}, size_t{1} << 20);
  RawClient client = lab.Connect();
  for (uint32_t stream = 1; stream < 40; stream += 2) {
    client.Send(stream, "Secret");
    CHECK(client.Receive()->payload.size() == (size_t{1} << 20) + 3);
  }
}

TEST_CASE("A client that stops reading in the middle is dropped after a while") {
  TtrpcLab lab({.patience = absl::Milliseconds(100)}, size_t{3} << 20);
  RawClient good = lab.Connect();
  RawClient slow = lab.Connect();
  slow.Send(1, "Secret");
  // More than a socket holds: the rest comes when it is read, unless it is too late for that.
  for (int i = 0; i < 100 && lab.secret().use_count() == 1; ++i) {
    CHECK(good.Works());
  }
  while (lab.secret().use_count() > 1) {
    CHECK(good.Works());
  }
  CHECK(HangsUp(slow));
}

TEST_CASE("A client that stops writing in the middle is dropped after a while") {
  TtrpcLab lab({.patience = absl::Milliseconds(50)});
  RawClient idle = lab.Connect();
  RawClient slow = lab.Connect();
  CHECK(idle.Works());
  slow.Write(std::string("\x00\x00\x00\x09\x00\x00\x00\x01\x01\x00xy", 12)
                 .substr(0, GENERATE(size_t{1}, size_t{9}, size_t{10}, size_t{12})));
  CHECK(HangsUp(slow));
  // One that has nothing to say is not.
  CHECK(idle.Works());
}

}  // namespace
}  // namespace attestd::ttrpc
