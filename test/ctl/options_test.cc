// SPDX-License-Identifier: Apache-2.0
#include "ctl/options.h"

#include <catch2/catch.hpp>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace attestd::ctl {
namespace {

absl::StatusOr<Options> Parse(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"attestctl"};
  for (const std::string& word : words) {
    argv.push_back(word.c_str());
  }
  return ParseOptions(static_cast<int>(argv.size()), argv.data());
}

TEST_CASE("ParseOptions knows the defaults of the contract") {
  const auto options = Parse({"status"});
  REQUIRE(options.ok());
  CHECK(options->command == Command::kStatus);
  CHECK(options->socket_path == "/run/attestd/attestd.sock");
  CHECK(options->timeout == absl::Seconds(60));
  CHECK_FALSE(options->wait);
  CHECK_FALSE(options->json);
  CHECK_FALSE(options->resource.out.has_value());
}

TEST_CASE("ParseOptions takes the program's options before and behind the command") {
  const std::vector<std::string> words = GENERATE(values<std::vector<std::string>>(
      {{"--socket", "unix:///a/b", "--timeout", "1500ms", "--wait", "--json", "tee"},
       {"tee", "--socket", "unix:///a/b", "--timeout", "1500ms", "--wait", "--json"}}));
  const auto options = Parse(words);
  REQUIRE(options.ok());
  CHECK(options->command == Command::kTee);
  CHECK(options->socket_path == "/a/b");
  CHECK(options->timeout == absl::Milliseconds(1500));
  CHECK(options->wait);
  CHECK(options->json);
}

TEST_CASE("ParseOptions knows tee --explain, and for no other command") {
  CHECK_FALSE(Parse({"tee"})->explain);
  CHECK(Parse({"tee", "--explain", "--json"})->explain);
  CHECK_FALSE(Parse({"status", "--explain"}).ok());
}

TEST_CASE("ParseOptions reads every spelling of a socket") {
  const auto [text, path] =
      GENERATE(table<std::string, std::string>({{"unix:///run/x.sock", "/run/x.sock"},
                                                {"unix:/run/x.sock", "/run/x.sock"},
                                                {"unix:x.sock", "x.sock"},
                                                {"/run/x.sock", "/run/x.sock"},
                                                {"x.sock", "x.sock"}}));
  const auto options = Parse({"--socket", text, "status"});
  REQUIRE(options.ok());
  CHECK(options->socket_path == path);
}

TEST_CASE("ParseOptions reads the file of get-resource") {
  const auto plain = Parse({"get-resource", "kbs:///a/b/c", "--out", "f"});
  REQUIRE(plain.ok());
  CHECK(plain->resource.uri == "kbs:///a/b/c");
  REQUIRE(plain->resource.out.has_value());
  CHECK(plain->resource.out->path == "f");
  CHECK(plain->resource.out->mode == 0400);
  CHECK_FALSE(plain->resource.out->owner.has_value());

  const auto full = Parse({"get-resource", "kbs:///a/b/c", "--out", "f", "--mode", "0640",
                           "--owner", "1000:4294967294"});
  REQUIRE(full.ok());
  CHECK(full->resource.out->mode == 0640);
  REQUIRE(full->resource.out->owner.has_value());
  CHECK(full->resource.out->owner->uid == 1000);
  CHECK(full->resource.out->owner->gid == 4294967294U);
}

TEST_CASE("ParseOptions reads runtime data as hex or as a file name") {
  const auto hex = Parse({"get-evidence", "--runtime-data", "00fF"});
  REQUIRE(hex.ok());
  CHECK(hex->command == Command::kGetEvidence);
  CHECK(hex->runtime_data == base::Bytes{0x00, 0xff});
  const auto file = Parse({"get-evidence", "--runtime-data-file", "f"});
  REQUIRE(file.ok());
  CHECK(file->runtime_data_file == "f");
}

TEST_CASE("ParseOptions answers --help with the exit codes and --version with the version") {
  const auto help = Parse({"--help"});
  REQUIRE(help.ok());
  CHECK(help->command == Command::kPrint);
  for (const char* line : {"2  bad usage", "3  refused", "4  not found", "5  unavailable",
                           "6  timed out", "get-resource", "--socket"}) {
    CHECK_THAT(help->text, Catch::Contains(line));
  }
  const auto version = Parse({"--version"});
  REQUIRE(version.ok());
  CHECK_THAT(version->text, Catch::StartsWith("attestctl "));
}

TEST_CASE("ParseOptions refuses a command line that means nothing and says why") {
  const auto [line, text] = GENERATE(table<std::string, std::string>(
      {{"", "subcommand"},
       {"--bogus status", "--bogus"},
       {"status tee x", "x"},
       {"get-resource", "uri"},
       {"get-resource u --mode 0400", "--out"},
       {"get-resource u --owner 0:0", "--out"},
       {"get-resource u --out f --json", "exclude"},
       {"get-resource u --out f --mode 0888", "--mode"},
       {"get-resource u --out f --mode 4755", "--mode"},
       {"get-resource u --out f --mode -1", "--mode"},
       {"get-resource u --out f --owner root:root", "--owner"},
       {"get-resource u --out f --owner 1000", "--owner"},
       {"get-resource u --out f --owner 4294967295:0", "--owner"},
       {"get-resource u --out ", "--out: is empty"},
       {"get-resource u --out f --owner ", "--owner: is empty"},
       {"get-evidence --runtime-data-file ", "--runtime-data-file: is empty"},
       {"get-evidence", "required"},
       {"get-evidence --runtime-data 0", "hex"},
       {"get-evidence --runtime-data zz", "hex"},
       {"get-evidence --runtime-data 00 --runtime-data-file f", "2 were given"},
       {"--timeout 60 status", "--timeout"},
       {"--timeout 0s status", "--timeout"},
       {"--timeout -1s status", "--timeout"},
       {"--socket http://x status", "--socket"},
       {"--socket unix://run/x status", "--socket"},
       {"--socket unix: status", "--socket"}}));
  std::istringstream stream(line);
  std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
  if (line.ends_with(' ')) {
    words.emplace_back();  // as of a variable that is not set
  }
  const auto options = Parse(words);
  CAPTURE(line);
  REQUIRE(absl::IsInvalidArgument(options.status()));
  const std::string message(options.status().message());
  CHECK_THAT(message, Catch::StartsWith("usage: "));
  CHECK_THAT(message, Catch::Contains(text));
}

}  // namespace
}  // namespace attestd::ctl
