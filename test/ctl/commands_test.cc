// SPDX-License-Identifier: Apache-2.0
// What attestctl's commands print, against real gRPC on a real unix socket; only the answers are
// made up.
#include "ctl/commands.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "test/ctl/command_runner.h"
#include "test/ctl/fake_daemon.h"
#include "test/support/temp_dir.h"

namespace attestd::ctl {
namespace {

TEST_CASE("get-resource prints exactly the secret's bytes") {
  const TempDir dir;
  const std::string secret = GENERATE(std::string(), std::string("x"), std::string("a\0b\n\xff", 5),
                                      std::string(1 << 20, 'm'), std::string(8 << 20, 'l'));
  FakeAnswers answers;
  answers.resource = secret;
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  const Outcome outcome = Run(dir, MakeOptions(dir, Command::kGetResource));
  CHECK(outcome.code == 0);
  CHECK((outcome.out == secret));
  CHECK(daemon.last_resource_path() == "kbs:///default/demo/secret");
}

TEST_CASE("get-resource --json prints base64") {
  const TempDir dir;
  FakeAnswers answers;
  answers.resource = std::string("\0\xff", 2);
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  Options options = MakeOptions(dir, Command::kGetResource);
  options.json = true;
  CHECK(Run(dir, options).out == "{\"resource\":\"AP8=\"}\n");
}

TEST_CASE("get-resource --out writes the file and prints nothing") {
  const TempDir dir;
  FakeAnswers answers;
  answers.resource = "top\nsecret";
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  Options options = MakeOptions(dir, Command::kGetResource);
  options.resource.out = FileSpec{.path = dir.File("secret"), .mode = 0440, .owner = {}};
  const Outcome outcome = Run(dir, options);
  CHECK(outcome.code == 0);
  CHECK(outcome.out.empty());
  CHECK(*base::ReadFile(dir.File("secret"), 100) == "top\nsecret");
  struct stat info {};
  REQUIRE(::stat(dir.File("secret").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0440);
}

TEST_CASE("get-resource --out into a missing directory is a failure of its own, not 'not found'") {
  const TempDir dir;
  const FakeDaemon daemon(dir.File("attestd.sock"), FakeAnswers());
  Options options = MakeOptions(dir, Command::kGetResource);
  options.resource.out = FileSpec{.path = dir.File("absent/secret"), .mode = 0400, .owner = {}};
  const Outcome outcome = Run(dir, options);
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.error, Catch::StartsWith("attestctl: write " + dir.File("absent/secret")));
}

TEST_CASE("get-evidence sends the runtime data and prints the evidence text") {
  const TempDir dir;
  const FakeDaemon daemon(dir.File("attestd.sock"), FakeAnswers());
  Options options = MakeOptions(dir, Command::kGetEvidence);
  SECTION("from the command line") { options.runtime_data = {'a', 0x00, 'b'}; }
  SECTION("from a file") {
    options.runtime_data_file = dir.File("data");
    std::ofstream(dir.File("data"), std::ios::binary) << std::string("a\0b", 3);
  }
  const Outcome outcome = Run(dir, options);
  CHECK(outcome.code == 0);
  CHECK(outcome.out == std::string("a\0b\n", 4));
}

TEST_CASE("get-evidence calls a missing runtime data file bad usage") {
  const TempDir dir;
  const FakeDaemon daemon(dir.File("attestd.sock"), FakeAnswers());
  Options options = MakeOptions(dir, Command::kGetEvidence);
  options.runtime_data_file = dir.File("absent");
  const Outcome outcome = Run(dir, options);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.error,
             Catch::StartsWith("attestctl: --runtime-data-file: " + dir.File("absent")));
}

TEST_CASE("get-token asks for the broker's token and prints it alone or as JSON") {
  const TempDir dir;
  FakeAnswers answers;
  answers.token = R"({"token":"aaa.bbb.ccc"})";
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  Options options = MakeOptions(dir, Command::kGetToken);
  CHECK(Run(dir, options).out == "aaa.bbb.ccc\n");
  CHECK(daemon.last_token_type() == "kbs");
  options.json = true;
  CHECK(Run(dir, options).out == "{\"token\":\"aaa.bbb.ccc\"}\n");
}

TEST_CASE("get-token never prints a private key that comes with the token") {
  const TempDir dir;
  FakeAnswers answers;
  answers.token = R"({"token":"aaa.bbb.ccc","tee_keypair":"-----BEGIN\nPRIVATE"})";
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  Options options = MakeOptions(dir, Command::kGetToken);
  CHECK(Run(dir, options).out == "aaa.bbb.ccc\n");
  options.json = true;
  CHECK(Run(dir, options).out == "{\"token\":\"aaa.bbb.ccc\"}\n");
}

TEST_CASE("get-token refuses a reply that is no token and does not quote it") {
  const TempDir dir;
  FakeAnswers answers;
  answers.token = GENERATE("aaa.bbb.ccc", R"({"token":1,"x":"aaa"})", "");
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  const Outcome outcome = Run(dir, MakeOptions(dir, Command::kGetToken));
  CHECK(outcome.code == 1);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.error, !Catch::Contains("aaa"));
}

TEST_CASE("tee --explain prints each probe in its order, and which was chosen and why") {
  const TempDir dir;
  FakeAnswers answers;
  const auto add = [&](const std::string& name, bool present, bool chosen, const std::string& why) {
    v1::Probe* probe = answers.detection.add_probes();
    probe->set_name(name);
    probe->set_present(present);
    probe->set_seen("/dev/" + name);
    probe->set_chosen(chosen);
    probe->set_why(why);
  };
  add("snp", false, false, "not there");
  add("tpm", true, true, "auto: the first that is there");
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  Options options = MakeOptions(dir, Command::kTee);
  options.explain = true;
  CHECK(Run(dir, options).out ==
        "  snp: /dev/snp; not chosen, not there\n"
        "* tpm: /dev/tpm; CHOSEN, auto: the first that is there\n");
  options.json = true;
  const auto json = base::Json::parse(Run(dir, options).out);
  CHECK(json["probes"][1] == base::Json{{"name", "tpm"},
                                        {"present", true},
                                        {"seen", "/dev/tpm"},
                                        {"chosen", true},
                                        {"why", "auto: the first that is there"}});
}

TEST_CASE("tee prints the platform's word") {
  const TempDir dir;
  FakeAnswers answers;
  answers.tee = "tpm";
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  Options options = MakeOptions(dir, Command::kTee);
  CHECK(Run(dir, options).out == "tpm\n");
  options.json = true;
  CHECK(Run(dir, options).out == "{\"tee\":\"tpm\"}\n");
}

TEST_CASE("status tells people the state, and sample evidence first of all") {
  const TempDir dir;
  FakeAnswers answers = ReadyAnswers();
  SECTION("ready on real hardware") {
    const FakeDaemon daemon(dir.File("attestd.sock"), answers);
    const Outcome outcome = Run(dir, MakeOptions(dir, Command::kStatus));
    CHECK(outcome.out ==
          "attestd 1.2.3: ready\ntee: tpm\n"
          "broker main: https://kbs.example:8080, session live\nuptime: 12.5 s\n");
  }
  SECTION("not ready, made up evidence, plain http") {
    answers.status.set_ready(false);
    answers.status.set_not_ready_reason("the TPM is not there");
    answers.status.set_sample(true);
    answers.status.mutable_brokers(0)->set_allow_http(true);
    const FakeDaemon daemon(dir.File("attestd.sock"), answers);
    const std::string out = Run(dir, MakeOptions(dir, Command::kStatus)).out;
    CHECK_THAT(out, Catch::StartsWith("SAMPLE EVIDENCE: nothing is proved\n"));
    CHECK_THAT(out, Catch::Contains("NOT READY: the TPM is not there\n"));
    CHECK_THAT(out, Catch::Contains("PLAIN HTTP ALLOWED"));
  }
}

TEST_CASE("status --json holds every field of the reply") {
  const TempDir dir;
  const FakeDaemon daemon(dir.File("attestd.sock"), ReadyAnswers());
  Options options = MakeOptions(dir, Command::kStatus);
  options.json = true;
  CHECK(nlohmann::json::parse(Run(dir, options).out) == nlohmann::json::parse(R"({
    "version": "1.2.3", "tee": "tpm", "ready": true, "not_ready_reason": "", "sample": false,
    "uptime_seconds": 12.5, "brokers": [{"name": "main", "url": "https://kbs.example:8080",
    "allow_http": false, "session": true, "failing": false}]})"));
}

}  // namespace
}  // namespace attestd::ctl
