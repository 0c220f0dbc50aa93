// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/options.h"

#include <catch2/catch.hpp>
#include <string>
#include <variant>
#include <vector>

namespace attestd::dev_kbs {
namespace {

std::variant<Options, int> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "attestd-dev-kbs");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST_CASE("The least command line listens with TLS on 127.0.0.1:8080 for five minutes a session") {
  const auto parsed = Parse({"--cert", "c", "--key", "k", "--resources", "r", "--policy", "p"});
  const Options* options = std::get_if<Options>(&parsed);
  REQUIRE(options != nullptr);
  CHECK(options->listen.host == "127.0.0.1");
  CHECK(options->listen.port == 8080);
  CHECK_FALSE(options->http);
  CHECK(options->session_seconds == 300);
  CHECK(options->protocol == "0.4.0");
  CHECK(options->faults.empty());
  CHECK(options->disclose.empty());
  CHECK(options->delay_ms == 0);
}

TEST_CASE("A command line that makes no sense ends with the code for bad usage") {
  const auto arguments = GENERATE(values<std::vector<const char*>>({
      {},
      {"--resources", "r", "--policy", "p"},
      {"--http", "--policy", "p"},
      {"--http", "--resources", "r"},
      {"--http", "--cert", "c", "--key", "k", "--resources", "r", "--policy", "p"},
      {"--cert", "c", "--resources", "r", "--policy", "p"},
      {"--http", "--listen", "0.0.0.0:1", "--resources", "r", "--policy", "p"},
      {"--http", "--listen", "8080", "--resources", "r", "--policy", "p"},
      {"--http", "--session-seconds", "0", "--resources", "r", "--policy", "p"},
      {"--http", "--resources", "r", "--policy", "p", "--unknown"},
      {"--http", "--resources", "r", "--policy", "p", "--protocol", "0.3.0"},
      {"--http", "--resources", "r", "--policy", "p", "--delay-ms", "-1"},
  }));
  const auto parsed = Parse(arguments);
  const int* code = std::get_if<int>(&parsed);
  REQUIRE(code != nullptr);
  CHECK(*code == 2);
}

TEST_CASE("Help is no error") {
  const auto parsed = Parse({"--help"});
  const int* code = std::get_if<int>(&parsed);
  REQUIRE(code != nullptr);
  CHECK(*code == 0);
}

TEST_CASE("An address to listen on is split at its last colon") {
  CHECK(ParseListenAddress("127.0.0.1:0").value().port == 0);
  CHECK(ParseListenAddress("[::1]:443").value().host == "::1");
  CHECK(ParseListenAddress("localhost:65535").value().port == 65535);
  for (const char* bad : {"", ":", ":1", "a:", "a:b", "a:-1", "a:65536", "::1:80", "a"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseListenAddress(bad).ok());
  }
}

TEST_CASE("Only loopback addresses count as loopback") {
  for (const char* host : {"localhost", "::1", "127.0.0.1", "127.3.2.1"}) {
    CHECK(IsLoopback(host));
  }
  for (const char* host : {"", "0.0.0.0", "::", "127.evil.example", "10.0.0.1", "localhost.evil"}) {
    CHECK_FALSE(IsLoopback(host));
  }
}

}  // namespace
}  // namespace attestd::dev_kbs
