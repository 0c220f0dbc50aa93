// SPDX-License-Identifier: Apache-2.0
// What becomes of a daemon that refuses, hangs, is late or is not there.
#include "ctl/client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>

#include "base/handle.h"
#include "test/ctl/command_runner.h"
#include "test/ctl/fake_daemon.h"
#include "test/support/temp_dir.h"

namespace attestd::ctl {
namespace {

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

TEST_CASE("attestctl --wait sits out a daemon that is late and not ready at first") {
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

TEST_CASE("attestctl --wait gives up in time and says what was missing") {
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
