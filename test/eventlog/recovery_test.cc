// SPDX-License-Identifier: Apache-2.0
// What a log is after a crash, or after somebody else touched it or its register.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <vector>

#include "tee/tpm2/esys_device.h"
#include "tee/tpm2/pcr_registers.h"
#include "test/eventlog/measurement_lab.h"
#include "test/fakes/fake_registers.h"
#include "test/support/swtpm.h"

namespace attestd::eventlog {
namespace {

using base::HashAlgorithm;
using fakes::FakeRegisters;
using Step = MeasurementLog::Step;

// Runs in a process of its own, which must be killed by SIGKILL.
void RunUntilKilled(const std::function<void()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int state = 0;
  REQUIRE(::waitpid(child, &state, 0) == child);
  REQUIRE(WIFSIGNALED(state));
  REQUIRE(WTERMSIG(state) == SIGKILL);
}

// Extends with one event and is killed right after the step.
void ExtendAndDie(const LogFolder& folder, evidence::RuntimeRegisters& registers, Step last) {
  MeasurementLog log(MakeLogFiles(folder.path), [last](Step step) {
    if (step == last) {
      ::kill(::getpid(), SIGKILL);
    }
  });
  log.Extend(registers, kPcr, EventOf("killed"), Soon()).IgnoreError();
}

const char* NameOf(Step step) {
  switch (step) {
    case Step::kIntentWritten:
      return "intent";
    case Step::kEntryAppended:
      return "append";
    case Step::kRegisterExtended:
      return "extend";
    case Step::kCommitted:
      return "commit";
  }
  return "";
}

const std::vector<Step> kSteps = {Step::kIntentWritten, Step::kEntryAppended,
                                  Step::kRegisterExtended, Step::kCommitted};

std::string ContentsAfter(Step last) {
  const bool extended = last == Step::kRegisterExtended || last == Step::kCommitted;
  return extended ? "first killed" : "first";
}

TEST_CASE("Case 88: killed at any step, the log replays to the register after the restart") {
  const Step last = GENERATE(from_range(kSteps));
  INFO("killed after " << NameOf(last));
  const LogFolder folder;
  FakeRegisters registers(HashAlgorithm::kSha384, folder.dir.File("registers"));
  REQUIRE(folder.Open().Extend(registers, kPcr, EventOf("first"), Soon()).ok());
  RunUntilKilled([&] { ExtendAndDie(folder, registers, last); });
  MeasurementLog log = folder.Open();
  REQUIRE(log.Recover(registers, Soon()).ok());
  CHECK(folder.Contents() == ContentsAfter(last));
  CHECK(folder.Replayed(HashAlgorithm::kSha384) == registers.Value(kPcr));
  REQUIRE(log.Extend(registers, kPcr, EventOf("last"), Soon()).ok());
  CHECK(folder.Contents() == ContentsAfter(last) + " last");
  CHECK(folder.Replayed(HashAlgorithm::kSha384) == registers.Value(kPcr));
}

TEST_CASE("Case 88: killed at any step of the recovery as well") {
  const Step last = GENERATE(from_range(kSteps));
  const Step again = GENERATE(from_range(kSteps));
  INFO("killed after " << NameOf(last) << ", then after " << NameOf(again));
  const LogFolder folder;
  FakeRegisters registers(HashAlgorithm::kSha256, folder.dir.File("registers"));
  RunUntilKilled([&] { ExtendAndDie(folder, registers, last); });
  RunUntilKilled([&] { ExtendAndDie(folder, registers, again); });
  REQUIRE(folder.Open().Extend(registers, kPcr, EventOf("last"), Soon()).ok());
  CHECK(folder.Replayed(HashAlgorithm::kSha256) == registers.Value(kPcr));
}

TEST_CASE("Case 88: killed at any step, the log replays to the PCR of a TPM after the restart") {
  if (!test::Swtpm::Available()) {
    return;
  }
  const Step last = GENERATE(from_range(kSteps));
  INFO("killed after " << NameOf(last));
  const auto swtpm = test::Swtpm::Start();
  REQUIRE(swtpm.ok());
  const LogFolder folder;
  const auto with_tpm = [&](const std::function<void(evidence::RuntimeRegisters&)>& work) {
    tee::tpm2::EsysDevice device(swtpm->tcti(), nullptr);
    tee::tpm2::QuotingTpm tpm(device);
    tee::tpm2::PcrRegisters registers(tpm);
    work(registers);
  };
  with_tpm([&](evidence::RuntimeRegisters& registers) {
    REQUIRE(folder.Open().Extend(registers, kPcr, EventOf("first"), Soon()).ok());
  });
  RunUntilKilled([&] {
    with_tpm([&](evidence::RuntimeRegisters& registers) { ExtendAndDie(folder, registers, last); });
  });
  with_tpm([&](evidence::RuntimeRegisters& registers) {
    REQUIRE(folder.Open().Recover(registers, Soon()).ok());
  });
  CHECK(folder.Contents() == ContentsAfter(last));
  const auto pcr = swtpm->Tool({"tpm2_pcrread", "sha256:23"});
  REQUIRE(pcr.ok());
  std::string lower = *pcr;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  CHECK_THAT(lower, Catch::Contains(base::HexEncode(folder.Replayed(HashAlgorithm::kSha256))));
}

TEST_CASE("Case 88: an entry that was written in part is cut off or completed") {
  const bool extended = GENERATE(false, true);
  const LogFolder folder;
  FakeRegisters registers(HashAlgorithm::kSha256, folder.dir.File("registers"));
  REQUIRE(folder.Open().Extend(registers, kPcr, EventOf("first"), Soon()).ok());
  const size_t before = folder.Bytes().size();
  RunUntilKilled([&] {
    ExtendAndDie(folder, registers, extended ? Step::kRegisterExtended : Step::kEntryAppended);
  });
  std::filesystem::resize_file(folder.path, before + GENERATE(0U, 1U, 20U, 70U));
  REQUIRE(folder.Open().Recover(registers, Soon()).ok());
  CHECK(folder.Contents() == (extended ? "first killed" : "first"));
  CHECK(folder.Replayed(HashAlgorithm::kSha256) == registers.Value(kPcr));
}

TEST_CASE("Half an entry without an intent is dropped") {
  const LogFolder folder;
  FakeRegisters registers;
  REQUIRE(folder.Open().Extend(registers, kPcr, EventOf("first"), Soon()).ok());
  std::ofstream(folder.path, std::ios::app) << folder.Bytes().substr(0, 30);
  REQUIRE(folder.Open().Recover(registers, Soon()).ok());
  CHECK(folder.Contents() == "first");
}

void CheckRefusal(const absl::Status& status, base::Reason reason, const std::string& words) {
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == reason);
  CHECK_THAT(std::string(status.message()), Catch::Contains(words));
}

TEST_CASE("A register that somebody else extended is refused in words; the others are not") {
  const LogFolder folder;
  FakeRegisters registers;
  MeasurementLog log = folder.Open();
  REQUIRE(log.Extend(registers, kPcr, EventOf("first"), Soon()).ok());
  registers.ExtendUnseen(kPcr, base::Bytes(32, 7));
  const auto words = "register 23 was extended outside of " + folder.path;
  CheckRefusal(log.Extend(registers, kPcr, EventOf("second"), Soon()),
               base::Reason::kRegisterDiverged, words);
  CHECK(log.Extend(registers, 11, EventOf("third"), Soon()).ok());
  CheckRefusal(folder.Open().Extend(registers, kPcr, EventOf("second"), Soon()),
               base::Reason::kRegisterDiverged, words);
  CHECK(folder.Contents() == "first third");
  CHECK(registers.extends == 2);
}

TEST_CASE("A register that somebody else extended during a crash does not stop the recovery") {
  const Step last = GENERATE(Step::kEntryAppended, Step::kRegisterExtended);
  const LogFolder folder;
  FakeRegisters registers(HashAlgorithm::kSha256, folder.dir.File("registers"));
  RunUntilKilled([&] { ExtendAndDie(folder, registers, last); });
  registers.ExtendUnseen(kPcr, base::Bytes(32, 7));
  MeasurementLog log = folder.Open();
  REQUIRE(log.Recover(registers, Soon()).ok());
  CHECK(folder.Contents() == "killed");
  CheckRefusal(log.Extend(registers, kPcr, EventOf("second"), Soon()),
               base::Reason::kRegisterDiverged, "outside of");
  CHECK(log.Extend(registers, 11, EventOf("third"), Soon()).ok());
}

TEST_CASE("A log that another program changed is refused before the register is touched") {
  const LogFolder folder;
  FakeRegisters registers;
  REQUIRE(folder.Open().Extend(registers, kPcr, EventOf("first"), Soon()).ok());
  const std::string entry = folder.Bytes();
  std::string words;
  SECTION("cut") {
    std::filesystem::resize_file(folder.path, 0);
    words = "0 bytes of entries; expected " + std::to_string(entry.size());
  }
  SECTION("an entry more") {
    std::ofstream(folder.path, std::ios::app) << entry;
    words = "another program wrote to it";
  }
  SECTION("no entries at all") {
    std::ofstream(folder.path, std::ios::trunc) << std::string(200, 'x');
    words = "entry 0 at offset 0";
  }
  SECTION("a journal of another program") {
    std::ofstream(folder.journal, std::ios::trunc) << "no JSON";
    words = "the journal beside";
  }
  const int extends = registers.extends;
  CheckRefusal(folder.Open().Extend(registers, kPcr, EventOf("second"), Soon()),
               base::Reason::kLogFailed, words);
  CHECK(registers.extends == extends);
}

TEST_CASE("A log without its journal is taken as it is when it replays to the register") {
  const LogFolder folder;
  FakeRegisters registers;
  REQUIRE(folder.Open().Extend(registers, kPcr, EventOf("first"), Soon()).ok());
  std::filesystem::remove(folder.journal);
  REQUIRE(folder.Open().Extend(registers, kPcr, EventOf("second"), Soon()).ok());
  std::filesystem::remove(folder.journal);
  registers.ExtendUnseen(kPcr, base::Bytes(32, 7));
  CheckRefusal(folder.Open().Extend(registers, kPcr, EventOf("third"), Soon()),
               base::Reason::kRegisterDiverged, "register 23");
  CHECK(folder.Contents() == "first second");
}

}  // namespace
}  // namespace attestd::eventlog
