// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/command.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "base/handle.h"
#include "secure_mount/packet.h"

namespace attestd::secure_mount {
namespace {

Interruption Never() { return {-1, 0, base::Deadline::Infinite()}; }

TEST_CASE("A command gets its words, its input and its descriptor, and no environment of ours") {
  Interruption never = Never();
  const base::UniqueFd memory(::memfd_create("x", MFD_CLOEXEC));
  REQUIRE(::pwrite(memory.get(), "header", 6, 0) == 6);
  ::setenv("ATTESTD_TEST_VARIABLE", "leaks", 1);  // NOLINT(concurrency-mt-unsafe)
  const auto output = RunToSuccess({.step = "test",
                                    .program = "sh",
                                    .arguments = {"-c", "cat; cat <&3; echo \"$0\"; env", "$(id)"},
                                    .input = base::AsBytes("input "),
                                    .descriptor = memory.get()},
                                   never);
  REQUIRE(output.ok());
  CHECK(output->starts_with("input header$(id)\n"));
  CHECK(output->find("ATTESTD_TEST_VARIABLE") == std::string::npos);
  CHECK(output->find("LC_ALL=C") != std::string::npos);
}

TEST_CASE("A command without input reads nothing") {
  Interruption never = Never();
  CHECK(*RunToSuccess({.step = "test", .program = "cat"}, never) == "");
}

TEST_CASE("A command that fails names its step and exit status") {
  Interruption never = Never();
  const Command command{.step = "the step", .program = "sh", .arguments = {"-c", "exit 7"}};
  CHECK(Run(command, never)->code == 7);
  const auto failed = RunToSuccess(command, never);
  CHECK(absl::IsFailedPrecondition(failed.status()));
  CHECK(base::GetReason(failed.status()) == base::Reason::kMountFailed);
  const std::string message(failed.status().message());
  CHECK(message.find("the step") != std::string::npos);
  CHECK(message.find('7') != std::string::npos);
  CHECK(Run({.step = "s", .program = "sh", .arguments = {"-c", "kill -9 $$"}}, never)->code == 137);
}

TEST_CASE("A program that is not there is named") {
  Interruption never = Never();
  const auto missing = Run({.step = "s", .program = "attestd-no-such-program"}, never);
  CHECK(std::string(missing.status().message()).find("attestd-no-such-program") !=
        std::string::npos);
}

TEST_CASE("A command that takes too long is stopped") {
  Interruption soon(-1, 0, base::Deadline::After(absl::Milliseconds(300)));
  const auto begin = base::BootTime();
  const auto stopped = Run({.step = "s", .program = "sleep", .arguments = {"100"}}, soon);
  CHECK(absl::IsDeadlineExceeded(stopped.status()));
  CHECK(base::BootTime() - begin < absl::Seconds(50));
}

TEST_CASE("A command that writes a lot does not hang") {
  Interruption never = Never();
  const auto output = RunToSuccess({.step = "s",
                                    .program = "sh",
                                    .arguments = {"-c",
                                                  "yes | head -c 3000000; yes x | head -c "
                                                  "300000 >&2"}},
                                   never);
  REQUIRE(output.ok());
  CHECK(output->size() == size_t{1} << 20);
}

TEST_CASE("A key goes through a pipe whole, and neither none nor one that is too long") {
  const base::Bytes key(kMaxKeyBytes, 0x5a);
  const auto pipe = KeyPipe(key);
  REQUIRE(pipe.ok());
  const auto got = ReadKeyPipe(pipe->get());
  REQUIRE(got.ok());
  CHECK(got->ConstantTimeEquals(key));
  CHECK(base::GetReason(KeyPipe({}).status()) == base::Reason::kKeyUnfit);
  CHECK(base::GetReason(KeyPipe(base::Bytes(kMaxKeyBytes + 1)).status()) ==
        base::Reason::kKeyUnfit);
  CHECK_FALSE(ReadKeyPipe(pipe->get()).ok());  // empty by now
}

}  // namespace
}  // namespace attestd::secure_mount
