// SPDX-License-Identifier: Apache-2.0
// What clients send that is no request for a method we have.
#include <catch2/catch.hpp>
#include <string>

#include "test/ttrpc/ttrpc_lab.h"

namespace attestd::ttrpc {
namespace {

constexpr uint8_t kRemoteClosed = 0x1;

int Code(absl::StatusCode code) { return static_cast<int>(code); }

TEST_CASE("A method or a service that is not there is not found, in guest-components' words") {
  TtrpcLab lab;
  RawClient client = lab.Connect();
  client.Send(1, "Absent");
  const auto response = client.Receive();
  REQUIRE(response.has_value());
  CHECK(response->code == Code(absl::StatusCode::kNotFound));
  CHECK(response->message == "/test.Lab/Absent is not supported");
  client.Send(3, std::string(10000, 'x'));
  CHECK(client.Receive()->message == "the method is not supported");
}

TEST_CASE("A bad frame is answered on its stream, and the connection goes on") {
  struct Row {
    Header header;
    std::string data;
    absl::StatusCode code = absl::StatusCode::kInvalidArgument;
  };
  const std::string echo = EncodeRequest("Echo");
  const std::string long_echo = EncodeRequest("Echo", std::string(100 << 10, 'x'));
  const std::string oversized((4 << 20) + 1, 'x');
  const auto row = GENERATE_COPY(
      Row{.header = {.stream = 2, .type = kRequest}, .data = echo},
      Row{.header = {.stream = 0, .type = kRequest}, .data = echo},
      Row{.header = {.stream = 1, .type = kData}, .data = "data"},
      Row{.header = {.stream = 1, .type = kRequest, .flags = kRemoteOpen}, .data = echo},
      Row{.header = {.stream = 1, .type = kRequest}, .data = "\xff\xff"},
      Row{.header = {.stream = 1, .type = kRequest}, .data = oversized},
      Row{.header = {.stream = 1, .type = kData}, .data = oversized},
      Row{.header = {.stream = 1, .type = kRequest},
          .data = "",
          .code = absl::StatusCode::kNotFound},
      Row{.header = {.stream = 1, .type = kRequest},
          .data = long_echo,
          .code = absl::StatusCode::kResourceExhausted});
  TtrpcLab lab;
  RawClient client = lab.Connect();
  Header header = row.header;
  header.length = static_cast<uint32_t>(row.data.size());
  client.SendFrame(header, row.data);
  const auto response = client.Receive();
  REQUIRE(response.has_value());
  CHECK(response->stream == header.stream);
  CHECK(response->code == Code(row.code));
  CHECK(client.Works());
}

TEST_CASE("A stream that is under way is not begun again") {
  TtrpcLab lab;
  RawClient client = lab.Connect();
  client.Send(1, "Park", "a");
  lab.AwaitParked(1);
  client.Send(1, "Echo");
  const auto refused = client.Receive();
  REQUIRE(refused.has_value());
  CHECK(refused->code == Code(absl::StatusCode::kInvalidArgument));
  lab.Release("a");
  CHECK(client.Receive()->payload == "parked a");
}

TEST_CASE("Flags and types that mean nothing to us are passed over") {
  TtrpcLab lab;
  RawClient client = lab.Connect();
  const std::string data = EncodeRequest("Echo", "flags");
  const auto length = static_cast<uint32_t>(data.size());
  client.SendFrame({.length = length,
                    .stream = 1,
                    .type = kRequest,
                    .flags = GENERATE(uint8_t{kRemoteClosed}, uint8_t{0xf1})},
                   data);
  CHECK(client.Receive()->payload == "flags");
  for (const uint8_t type : std::initializer_list<uint8_t>{0, 2, 4, 255}) {
    client.SendFrame({.length = 3, .stream = 9, .type = type}, "abc");
  }
  CHECK(client.Works());
}

TEST_CASE("Bytes that are no ttRPC end their connection only") {
  TtrpcLab lab;
  RawClient good = lab.Connect();
  RawClient bad = lab.Connect();
  bad.Write(GENERATE(std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100, '\xff')));
  CHECK_FALSE(bad.Receive().has_value());
  CHECK(good.Works());
}

TEST_CASE("A request may come byte by byte, and many in one piece") {
  TtrpcLab lab;
  RawClient client = lab.Connect();
  const std::string data = EncodeRequest("Echo", "slowly");
  const std::string frame =
      EncodeHeader({.length = static_cast<uint32_t>(data.size()), .stream = 1, .type = kRequest}) +
      data;
  for (const char byte : frame) {
    client.Write(std::string(1, byte));
  }
  CHECK(client.Receive()->payload == "slowly");
  std::string many;
  for (int i = 0; i < 100; ++i) {
    many += frame;
  }
  client.Write(many);
  // The stream is the same, so that some may come before an earlier one is answered.
  for (int i = 0; i < 100; ++i) {
    const auto response = client.Receive();
    REQUIRE(response.has_value());
    CHECK((response->payload == "slowly" ||
           response->code == Code(absl::StatusCode::kInvalidArgument)));
  }
}

}  // namespace
}  // namespace attestd::ttrpc
