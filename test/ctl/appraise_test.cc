// SPDX-License-Identifier: Apache-2.0
// attestctl appraise from the command line to what it prints and how it ends.
#include "ctl/appraise.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "ctl/options.h"
#include "test/ctl/command_runner.h"
#include "test/fakes/cca_signer.h"

namespace attestd::ctl {
namespace {

const base::Bytes kDigest(48, 0x5a);
const std::string kDigestHex = base::HexEncode(kDigest);

void Write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

// A folder with good evidence of two platforms, and what is trusted.
struct Files {
  Files() {
    Write(dir.File("sample.json"),
          R"({"svn":"1","report_data":")" + base::Base64Encode(kDigest) + R"("})");
    const fakes::CcaSigner signer = fakes::CcaSigner::Create().value();
    const base::Bytes bytes = signer.Sign(signer.TypicalToken(kDigest).value()).value();
    Write(dir.File("token"), std::string(base::AsText(bytes)));
    std::filesystem::create_directory(dir.File("roots"));
    Write(dir.File("roots/key"), signer.PlatformJwk().value());
    std::filesystem::create_directory(dir.File("bad-roots"));
    Write(dir.File("bad-roots/notes.txt"), "nothing that is trusted");
    Write(dir.File("empty"), "");
  }
  TempDir dir;
};

const Files& TheFiles() {
  static const Files files;
  return files;
}

// Runs a command line; "@name" is a file of the folder.
Outcome Appraise(std::vector<std::string> words) {
  const Files& files = TheFiles();
  words.insert(words.begin(), {"attestctl", "appraise"});
  std::vector<const char*> argv;
  for (std::string& word : words) {
    if (word.starts_with('@')) {
      word = files.dir.File(word.substr(1));
    }
    argv.push_back(word.c_str());
  }
  const auto options = ParseOptions(static_cast<int>(argv.size()), argv.data());
  if (!options.ok()) {
    return {.code = static_cast<int>(ExitCodeFor(options.status())),
            .out = "",
            .error = ErrorLine(options.status())};
  }
  return Run(files.dir, *options);
}

TEST_CASE("appraise ends with 0 and prints checks, claims and verdict of good evidence") {
  const Outcome outcome =
      Appraise({"--tee", "cca", "--report", "@token", "--roots", "@roots", "--report-data",
                kDigestHex, "--init-data-digest", std::string(64, '0')});
  INFO(outcome.error);
  CHECK(outcome.code == 0);
  CHECK(outcome.error.empty());
  CHECK_THAT(outcome.out, Catch::StartsWith("pass  platform.signature\n"));
  CHECK_THAT(outcome.out, Catch::Contains("pass  report_data\n        expected  " + kDigestHex));
  CHECK_THAT(outcome.out, Catch::Contains("\"cca-platform-lifecycle\": 12288"));
  CHECK_THAT(outcome.out, Catch::EndsWith("\nverdict: pass\n"));
}

TEST_CASE("appraise ends with 1 and names the check that evidence fails") {
  const Outcome outcome = Appraise(
      {"--tee", "sample", "--evidence", "@sample.json", "--report-data", std::string(96, '0')});
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.out, Catch::StartsWith("FAIL  report_data\n        expected  0000"));
  CHECK_THAT(outcome.out, Catch::Contains("\n        found     5a5a"));
  CHECK_THAT(outcome.out, Catch::EndsWith("\nverdict: fail\n"));
  CHECK_THAT(outcome.error, Catch::StartsWith("attestctl: appraise: the evidence is refused: "
                                              "report_data: expected 0000"));
}

TEST_CASE("appraise --json prints exactly the members of the contract") {
  const bool good = GENERATE(true, false);
  std::vector<std::string> words = {"--json", "--tee",         "cca",     "--report",
                                    "@token", "--report-data", kDigestHex};
  if (good) {
    words.insert(words.end(), {"--roots", "@roots"});
  }
  const Outcome outcome = Appraise(words);
  CHECK(outcome.code == (good ? 0 : 1));
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 1);
  const base::Json json = base::ParseJson(outcome.out.substr(0, outcome.out.size() - 1)).value();
  CHECK(json.size() == 3);
  CHECK(json["verdict"] == (good ? "pass" : "fail"));
  CHECK(json["claims"].contains("realm"));
  REQUIRE(json["checks"].size() == 6);
  for (const base::Json& check : json["checks"]) {
    CHECK(check.size() == 4);
    CHECK(check["name"].is_string());
    CHECK(check["expected"].is_string());
    CHECK(check["found"].is_string());
    const bool passes = good || check["name"] != "platform.signature";
    CHECK(check["result"] == (passes ? "pass" : "fail"));
  }
}

TEST_CASE("appraise judges by the clock and the debug switch that it is given") {
  AppraiseWords parsed;
  parsed.tee = "sample";
  parsed.evidence = "x";
  parsed.at = "2026-03-01T12:00:00Z";
  CHECK(CheckAppraiseWords(parsed)->at == absl::FromUnixSeconds(1772366400));
  parsed.at = "2026-03-01T13:00:00+01:00";
  CHECK(CheckAppraiseWords(parsed)->at == absl::FromUnixSeconds(1772366400));
  parsed.at = "";
  CHECK_FALSE(CheckAppraiseWords(parsed)->at.has_value());
  CHECK_FALSE(CheckAppraiseWords(parsed)->allow_debug);
  parsed.allow_debug = true;
  CHECK(CheckAppraiseWords(parsed)->allow_debug);
}

TEST_CASE("appraise reads standard input as -") {
  const int saved = ::dup(STDIN_FILENO);
  REQUIRE(std::freopen(TheFiles().dir.File("token").c_str(), "rb", stdin) != nullptr);
  const Outcome outcome = Appraise({"--tee", "cca", "--report", "-", "--roots", "@roots"});
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  INFO(outcome.error);
  CHECK(outcome.code == 0);
}

TEST_CASE("appraise replaces control characters that evidence carries") {
  appraisal::Appraisal appraisal;
  appraisal.checks = {{.name = "a", .passed = false, .expected = "b\x1b[31m", .found = "c\nd"}};
  appraisal.claims = {{"text", "e\x1b\x7f\xc2\x9b\xff"}};
  const std::string text = AppraisalText(appraisal);
  const auto drives = [](char c) { return c != '\n' && (c < ' ' || c > '~'); };
  CHECK(std::none_of(text.begin(), text.end(), drives));
  CHECK_THAT(text, Catch::Contains("b\\x1b[31m") && Catch::Contains("c\\x0ad"));
  const std::string json = AppraisalJson(appraisal);
  CHECK(std::none_of(json.begin(), json.end(), drives));
  CHECK(base::ParseJson(json).ok());
}

struct Unusable {
  std::vector<std::string> words;
  std::string option;   // that the message names
  std::string message;  // and what it says
};

TEST_CASE("appraise ends with 2 for input of no use, naming the option and what to change") {
  const auto bad = GENERATE(values<Unusable>({
      {{"--evidence", "x"}, "--tee", "is required"},
      {{"--tee", "cca"}, "--evidence", "is required"},
      {{"--tee", "cca", "--report", "a", "--quote", "b"}, "--report", "2 were given"},
      {{"--tee", "cca", "--evidence", "a", "--certs", "b"}, "--certs", "--report"},
      {{"--tee", "abacus", "--evidence", "x"}, "--tee", "cca, "},
      {{"--tee", "tpm", "--report", "x"}, "--report", "by --evidence"},
      {{"--tee", "cca", "--quote", "x"}, "--quote", "by --evidence"},
      {{"--tee", "cca", "--report", "@none"}, "--report", "No such file"},
      {{"--tee", "cca", "--report", "@roots"}, "--report", "not a regular file"},
      {{"--tee", "cca", "--report", "/dev/zero"}, "--report", "not a regular file"},
      {{"--tee", "cca", "--report", "@empty"}, "--report", "empty"},
      {{"--tee", "cca", "--report", "@sample.json"}, "--report", "CBOR"},
      {{"--tee", "cca", "--evidence", "@token"}, "--evidence", "JSON"},
      {{"--tee", "cca", "--evidence", "@sample.json"}, "--evidence", "\"token\""},
      {{"--tee", "cca", "--report", "@token", "--certs", "@none"}, "--certs", "No such file"},
      {{"--tee", "cca", "--report", "@token", "--certs", "@roots/key"}, "--certs", "PEM"},
      {{"--tee", "cca", "--report", "@token", "--roots", "@none"}, "--roots", "No such file"},
      {{"--tee", "cca", "--report", "@token", "--roots", "@bad-roots"}, "--roots", "notes.txt"},
      {{"--tee", "cca", "--report", "@token", "--event-log", "@none"}, "--event-log", "No such"},
      {{"--tee", "cca", "--report", "@token", "--report-data", "0x00"}, "--report-data", "hex"},
      {{"--tee", "cca", "--report", "@token", "--report-data", std::string(130, '0')},
       "--report-data",
       "at most 64 bytes"},
      {{"--tee", "cca", "--report", "@token", "--init-data-digest", ""},
       "--init-data-digest",
       "a digest is needed"},
      {{"--tee", "cca", "--report", "@token", "--init-data-digest", "zz"},
       "--init-data-digest",
       "hex"},
      {{"--tee", "cca", "--evidence", ""}, "--evidence", "is empty"},
      {{"--tee", "cca", "--report", ""}, "--report", "is empty"},
      {{"--tee", "tdx", "--quote", ""}, "--quote", "is empty"},
      {{"--tee", "cca", "--report", "@token", "--certs", ""}, "--certs", "is empty"},
      {{"--tee", "cca", "--report", "@token", "--event-log", ""}, "--event-log", "is empty"},
      {{"--tee", "cca", "--report", "@token", "--roots", ""}, "--roots", "is empty"},
      {{"--tee", "cca", "--report", "@token", "--at", ""}, "--at", "is empty"},
      {{"--tee", "cca", "--report", "@token", "--at", "yesterday"}, "--at", "RFC 3339"},
      {{"--tee", "cca", "--report", "@token", "--at", "2026-03-01"}, "--at", "RFC 3339"},
      {{"--tee", "cca", "--report", "@token", "--at", "infinite-future"}, "--at", "RFC 3339"},
  }));
  const Outcome outcome = Appraise(bad.words);
  CAPTURE(bad.words, outcome.error);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.error, Catch::Contains(bad.option) && Catch::Contains(bad.message));
}

TEST_CASE("appraise refuses input beyond the size that evidence can have") {
  const std::string path = TheFiles().dir.File("large");
  Write(path, "");
  std::filesystem::resize_file(path, (32U << 20) + 1);
  const Outcome outcome = Appraise({"--tee", "sample", "--evidence", path});
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.error, Catch::Contains("--evidence"));
}

}  // namespace
}  // namespace attestd::ctl
