// SPDX-License-Identifier: Apache-2.0
// attestctl's commands against real gRPC on a real unix socket; only the answers are made up.
#include "ctl/commands.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>

#include "base/deadline.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/handle.h"
#include "ctl/exit_code.h"
#include "test/ctl/fake_daemon.h"
#include "test/support/temp_dir.h"

namespace attestd::ctl {
namespace {

using test::FakeAnswers;
using test::FakeDaemon;
using test::TempDir;

struct Outcome {
  int code = 0;
  std::string out;
  std::string error;  // the line for standard error; empty when code is 0
};

// Runs one command with its output in a file.
Outcome Run(const TempDir& dir, const Options& options) {
  const std::string path = dir.File("stdout");
  const base::UniqueFd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const absl::Status status = RunCommand(options, out.get());
  auto text = base::ReadFile(path, 16U << 20);
  REQUIRE(text.ok());
  return {.code = static_cast<int>(ExitCodeFor(status)),
          .out = *std::move(text),
          .error = status.ok() ? "" : ErrorLine(status)};
}

Options MakeOptions(const TempDir& dir, Command command) {
  Options options;
  options.command = command;
  options.socket_path = dir.File("attestd.sock");
  options.timeout = absl::Seconds(20);
  options.uri = "kbs:///default/demo/secret";
  return options;
}

FakeAnswers ReadyAnswers() {
  FakeAnswers answers;
  answers.status.set_version("1.2.3");
  answers.status.set_tee("tpm");
  answers.status.set_ready(true);
  answers.status.set_uptime_seconds(12.5);
  v1::BrokerStatus* broker = answers.status.add_brokers();
  broker->set_name("main");
  broker->set_url("https://kbs.example:8080");
  broker->set_session(true);
  return answers;
}

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
  options.out = FileSpec{.path = dir.File("secret"), .mode = 0440, .owner = {}};
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
  options.out = FileSpec{.path = dir.File("absent/secret"), .mode = 0400, .owner = {}};
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
    "allow_http": false, "session": true}]})"));
}

TEST_CASE("an error of the daemon keeps its text and gets its exit code") {
  const TempDir dir;
  using Code = grpc::StatusCode;
  const auto [code, number] = GENERATE(table<Code, int>({{Code::INVALID_ARGUMENT, 2},
                                                         {Code::PERMISSION_DENIED, 3},
                                                         {Code::UNAUTHENTICATED, 3},
                                                         {Code::NOT_FOUND, 4},
                                                         {Code::UNAVAILABLE, 5},
                                                         {Code::FAILED_PRECONDITION, 5},
                                                         {Code::RESOURCE_EXHAUSTED, 5},
                                                         {Code::DEADLINE_EXCEEDED, 6},
                                                         {Code::INTERNAL, 1}}));
  const auto [command, step] =
      GENERATE(table<Command, std::string>({{Command::kGetResource, "get-resource"},
                                            {Command::kGetEvidence, "get-evidence"},
                                            {Command::kGetToken, "get-token"},
                                            {Command::kTee, "tee"}}));
  FakeAnswers answers;
  answers.resource = "must not be seen";
  answers.fault = grpc::Status(code, "the daemon's text");
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  const Outcome outcome = Run(dir, MakeOptions(dir, command));
  CHECK(outcome.code == number);
  CHECK(outcome.out.empty());
  CHECK(outcome.error == "attestctl: " + step + ": the daemon's text\n");
}

TEST_CASE("a call that is not answered in time is a timeout") {
  const TempDir dir;
  FakeAnswers answers;
  answers.hang = true;
  const FakeDaemon daemon(dir.File("attestd.sock"), answers);
  Options options = MakeOptions(dir, Command::kGetResource);
  options.timeout = absl::Milliseconds(100);
  const Outcome outcome = Run(dir, options);
  CHECK(outcome.code == 6);
  CHECK(outcome.error ==
        "attestctl: get-resource: no answer within the time limit; see --timeout\n");
}

TEST_CASE("without --wait a daemon that is not there is unavailable at once") {
  const TempDir dir;
  Options options = MakeOptions(dir, Command::kTee);
  options.timeout = absl::Hours(1);
  SECTION("no socket") {}
  SECTION("a socket that nobody listens at") {
    const base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(options.socket_path.begin(), options.socket_path.end(), std::begin(address.sun_path));
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  }
  const Outcome outcome = Run(dir, options);
  CHECK(outcome.code == 5);
  CHECK_THAT(outcome.error,
             Catch::Contains("connect: the daemon is not running at " + options.socket_path));
  CHECK_THAT(outcome.error, Catch::Contains("--wait"));
}

TEST_CASE("a socket path that no address holds is bad usage") {
  const TempDir dir;
  Options options = MakeOptions(dir, Command::kTee);
  options.socket_path = dir.File(std::string(120, 'x'));
  CHECK(Run(dir, options).code == 2);
}

TEST_CASE("a listener that hangs up is unavailable, in a text for people") {
  const TempDir dir;
  const Options options = MakeOptions(dir, Command::kTee);
  const base::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(options.socket_path.begin(), options.socket_path.end(), std::begin(address.sun_path));
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
          0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  ssize_t received = 0;
  std::thread server([&listener, &received] {
    const base::UniqueFd peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::array<char, 64> preface{};
    received = ::read(peer.get(), preface.data(), preface.size());
  });
  const Outcome outcome = Run(dir, options);
  server.join();
  CHECK(received > 0);
  CHECK(outcome.code == 5);
  CHECK(outcome.error == "attestctl: tee: the daemon closed the connection; see its log\n");
}

TEST_CASE("--wait sits out a daemon that is late and not ready at first") {
  const TempDir dir;
  Options options = MakeOptions(dir, Command::kTee);
  options.wait = true;
  FakeAnswers answers = ReadyAnswers();
  answers.tee = "tpm";
  answers.not_ready_calls = 3;
  // Starts when the client has begun to wait or just before: either order must work.
  std::unique_ptr<FakeDaemon> daemon;
  std::thread starter([&] { daemon = std::make_unique<FakeDaemon>(options.socket_path, answers); });
  const Outcome outcome = Run(dir, options);
  starter.join();
  CHECK(outcome.code == 0);
  CHECK(outcome.out == "tpm\n");
  CHECK(daemon->status_calls() == 4);
}

TEST_CASE("--wait gives up in time and says what was missing") {
  const TempDir dir;
  Options options = MakeOptions(dir, Command::kTee);
  options.wait = true;
  options.timeout = absl::Milliseconds(100);
  SECTION("the daemon") {
    const Outcome outcome = Run(dir, options);
    CHECK(outcome.code == 6);
    CHECK_THAT(outcome.error, Catch::Contains("wait: gave up waiting"));
    CHECK_THAT(outcome.error, Catch::Contains("not running at"));
  }
  SECTION("its device") {
    FakeAnswers answers = ReadyAnswers();
    answers.status.set_ready(false);
    answers.status.set_not_ready_reason("no TPM at /dev/tpmrm0");
    const FakeDaemon daemon(options.socket_path, answers);
    const Outcome outcome = Run(dir, options);
    CHECK(outcome.code == 6);
    CHECK_THAT(outcome.error, Catch::Contains("no TPM at /dev/tpmrm0"));
  }
}

}  // namespace
}  // namespace attestd::ctl
