// SPDX-License-Identifier: Apache-2.0
#include "eventlog/measurement_log.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "test/eventlog/measurement_lab.h"
#include "test/fakes/fake_registers.h"
#include "test/fakes/faulty_log_files.h"

namespace attestd::eventlog {
namespace {

using base::HashAlgorithm;
using fakes::FakeRegisters;
using fakes::FaultyLogFiles;

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

TEST_CASE("Events are logged in order, and the log replays to the registers") {
  const HashAlgorithm hash = GENERATE(HashAlgorithm::kSha256, HashAlgorithm::kSha384);
  const LogFolder folder;
  FakeRegisters registers(hash);
  MeasurementLog log = folder.Open();
  REQUIRE(log.Extend(registers, kPcr, EventOf("one"), Soon()).ok());
  REQUIRE(log.Extend(registers, 11, EventOf("two"), Soon()).ok());
  REQUIRE(log.Extend(registers, kPcr, EventOf("three"), Soon()).ok());
  CHECK(folder.Contents() == "one two three");
  CHECK(folder.Replayed(hash) == registers.Value(kPcr));
  CHECK(folder.Replayed(hash, 11) == registers.Value(11));
  CHECK(registers.Value(11) != base::Bytes(DigestBytes(hash), 0));
}

TEST_CASE("The entry carries the index of the register that was asked for") {
  const LogFolder folder;
  FakeRegisters registers;
  REQUIRE(folder.Open().Extend(registers, 14, EventOf("one"), Soon()).ok());
  const std::string bytes = folder.Bytes();
  CHECK(ParseAael(base::AsBytes(bytes))->events.at(0).index == 14);
}

TEST_CASE("The log goes on where an earlier process left it") {
  const LogFolder folder;
  FakeRegisters registers;
  for (const std::string content : {"one", "two", "three"}) {
    REQUIRE(folder.Open().Extend(registers, kPcr, EventOf(content), Soon()).ok());
  }
  CHECK(folder.Contents() == "one two three");
  CHECK(folder.Replayed(HashAlgorithm::kSha256) == registers.Value(kPcr));
}

TEST_CASE("Folder, log and journal are for the daemon, and the log for its group") {
  const LogFolder folder;
  FakeRegisters registers;
  const mode_t umask = ::umask(077);  // the daemon's own
  REQUIRE(folder.Open().Extend(registers, kPcr, EventOf("one"), Soon()).ok());
  ::umask(umask);
  CHECK(ModeOf(folder.dir.File("run")) == 0700);
  CHECK(ModeOf(folder.path) == 0640);
  CHECK(ModeOf(folder.journal) == 0600);
}

TEST_CASE("A register that firmware extended before is measured into all the same") {
  const LogFolder folder;
  FakeRegisters registers;
  registers.ExtendUnseen(kPcr, base::Bytes(32, 7));
  CHECK(folder.Open().Extend(registers, kPcr, EventOf("one"), Soon()).ok());
  CHECK(folder.Open().Extend(registers, kPcr, EventOf("two"), Soon()).ok());
}

TEST_CASE("Case 34 and 35: a forbidden register or a bad event touches neither log nor register") {
  const LogFolder folder;
  FakeRegisters registers;
  MeasurementLog log = folder.Open();
  const auto forbidden = log.Extend(registers, 7, EventOf("one"), Soon());
  CHECK(absl::IsPermissionDenied(forbidden));
  CHECK(base::GetReason(forbidden) == base::Reason::kRegisterForbidden);
  CHECK(absl::IsInvalidArgument(log.Extend(registers, kPcr, EventOf("a\nb"), Soon())));
  CHECK(registers.reads + registers.extends == 0);
  CHECK_FALSE(std::filesystem::exists(folder.dir.File("run")));
}

TEST_CASE("Case 87: what cannot be logged is not extended, and the next event is") {
  const int error = GENERATE(ENOSPC, EROFS, EIO);
  const bool in_journal = GENERATE(false, true);
  const LogFolder folder;
  FakeRegisters registers;
  FaultyLogFiles::Faults faults;
  MeasurementLog log(std::make_unique<FaultyLogFiles>(folder.path, faults));
  REQUIRE(log.Extend(registers, kPcr, EventOf("one"), Soon()).ok());
  (in_journal ? faults.journal_writes : faults.log_writes) = {error};
  const auto refused = log.Extend(registers, kPcr, EventOf("two"), Soon());
  CHECK(absl::IsFailedPrecondition(refused));
  CHECK(base::GetReason(refused) == base::Reason::kLogFailed);
  CHECK_THAT(std::string(refused.message()), Catch::Contains(in_journal ? "journal" : "append"));
  CHECK(registers.extends == 1);
  CHECK(folder.Contents() == "one");
  REQUIRE(log.Extend(registers, kPcr, EventOf("three"), Soon()).ok());
  CHECK(folder.Contents() == "one three");
  CHECK(folder.Replayed(HashAlgorithm::kSha256) == registers.Value(kPcr));
}

TEST_CASE("Case 87: a disk that stays broken refuses each event, and recovers when it is mended") {
  const LogFolder folder;
  FakeRegisters registers;
  FaultyLogFiles::Faults faults;
  MeasurementLog log(std::make_unique<FaultyLogFiles>(folder.path, faults));
  REQUIRE(log.Extend(registers, kPcr, EventOf("one"), Soon()).ok());
  faults.log_writes.assign(8, EIO);
  for (int i = 0; i < 3; ++i) {
    CHECK(absl::IsFailedPrecondition(log.Extend(registers, kPcr, EventOf("two"), Soon())));
  }
  CHECK(registers.extends == 1);
  faults.log_writes.clear();
  REQUIRE(log.Extend(registers, kPcr, EventOf("three"), Soon()).ok());
  CHECK(folder.Contents() == "one three");
}

TEST_CASE("Case 87: a journal that fails after the register was extended loses nothing") {
  const LogFolder folder;
  FakeRegisters registers;
  FaultyLogFiles::Faults faults;
  MeasurementLog log(std::make_unique<FaultyLogFiles>(folder.path, faults));
  faults.journal_writes = {0, ENOSPC};
  REQUIRE(log.Extend(registers, kPcr, EventOf("one"), Soon()).ok());
  REQUIRE(log.Extend(registers, kPcr, EventOf("two"), Soon()).ok());
  CHECK(folder.Contents() == "one two");
  CHECK(folder.Replayed(HashAlgorithm::kSha256) == registers.Value(kPcr));
}

TEST_CASE("Case 87: a folder that cannot be made is named, and nothing is extended") {
  FakeRegisters registers;
  MeasurementLog log(MakeLogFiles("/proc/attestd/eventlog"));
  const auto refused = log.Extend(registers, kPcr, EventOf("one"), Soon());
  CHECK(absl::IsFailedPrecondition(refused));
  CHECK_THAT(std::string(refused.message()), Catch::Contains("/proc/attestd"));
  CHECK(registers.extends == 0);
}

// A file system of four pages at the path, in place while this lives; nothing where mounting is
// forbidden.
class TinyTmpfs {
 public:
  explicit TinyTmpfs(const std::string& path)
      : path_(path),
        mounted_(::mkdir(path.c_str(), 0700) == 0 &&
                 ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=16k") == 0) {}
  ~TinyTmpfs() {
    if (mounted_) {
      ::umount2(path_.c_str(), MNT_DETACH);
    }
  }
  TinyTmpfs(const TinyTmpfs&) = delete;
  TinyTmpfs& operator=(const TinyTmpfs&) = delete;
  bool mounted() const { return mounted_; }
  bool MakeReadOnly() const {
    return ::mount("", path_.c_str(), "", MS_REMOUNT | MS_RDONLY, "size=16k") == 0;
  }

 private:
  const std::string path_;
  const bool mounted_;
};

TEST_CASE(
    "Case 87: a real file system that is full or read-only refuses, and nothing is extended") {
  const LogFolder folder;
  const TinyTmpfs disk(folder.dir.File("run"));
  if (!disk.mounted()) {
    std::printf("SKIPPED: mounting a tmpfs needs root\n");
    return;
  }
  FakeRegisters registers;
  MeasurementLog log = folder.Open();
  REQUIRE(log.Extend(registers, kPcr, EventOf("one"), Soon()).ok());
  if (GENERATE(false, true)) {
    REQUIRE(disk.MakeReadOnly());
    const auto refused = log.Extend(registers, kPcr, EventOf("two"), Soon());
    CHECK(base::GetReason(refused) == base::Reason::kLogFailed);
    CHECK_THAT(std::string(refused.message()), Catch::Contains("Read-only file system"));
  } else {
    const auto refused =
        log.Extend(registers, kPcr, EventOf(std::string(kMaxContentBytes, 'c')), Soon());
    CHECK(base::GetReason(refused) == base::Reason::kLogFailed);
    CHECK_THAT(std::string(refused.message()), Catch::Contains("No space left on device"));
    CHECK(log.Extend(registers, kPcr, EventOf("two"), Soon()).ok());
  }
  CHECK(folder.Replayed(HashAlgorithm::kSha256) == registers.Value(kPcr));
}

TEST_CASE("An extend that fails is undone, unless the register says that it happened") {
  const bool happened = GENERATE(false, true);
  const LogFolder folder;
  FakeRegisters registers;
  MeasurementLog log = folder.Open();
  REQUIRE(log.Extend(registers, kPcr, EventOf("one"), Soon()).ok());
  registers.faults = {{.status = absl::UnavailableError("lost"), .extends = happened}};
  const absl::Status second = log.Extend(registers, kPcr, EventOf("two"), Soon());
  CHECK((happened ? second.ok() : absl::IsUnavailable(second)));
  CHECK(folder.Contents() == (happened ? "one two" : "one"));
  CHECK(folder.Replayed(HashAlgorithm::kSha256) == registers.Value(kPcr));
}

TEST_CASE("An extend that fails while another program extends the register did not happen") {
  const LogFolder folder;
  struct Interfered : FakeRegisters {
    absl::Status Extend(uint64_t pcr, base::ByteView digest, base::Deadline deadline) override {
      ExtendUnseen(pcr, base::Bytes(32, 7));
      return FakeRegisters::Extend(pcr, digest, deadline);
    }
  } registers;
  registers.faults = {{.status = absl::UnavailableError("lost"), .extends = false}};
  const absl::Status status = folder.Open().Extend(registers, kPcr, EventOf("one"), Soon());
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kRegisterDiverged);
}

TEST_CASE("A register that cannot be read leaves the question open until it can") {
  const bool happened = GENERATE(false, true);
  const LogFolder folder;
  FakeRegisters registers;
  MeasurementLog log = folder.Open();
  registers.faults = {{.status = absl::UnavailableError("lost"), .extends = happened}};
  REQUIRE(log.Recover(registers, Soon()).ok());
  struct Breaks : FakeRegisters {
    using FakeRegisters::FakeRegisters;
    absl::Status Extend(uint64_t pcr, base::ByteView digest, base::Deadline deadline) override {
      read_status = absl::UnavailableError("gone");
      return FakeRegisters::Extend(pcr, digest, deadline);
    }
  } breaks;
  breaks.faults = registers.faults;
  CHECK(absl::IsUnavailable(log.Extend(breaks, kPcr, EventOf("one"), Soon())));
  CHECK(absl::IsUnavailable(log.Extend(breaks, kPcr, EventOf("two"), Soon())));
  breaks.read_status = absl::OkStatus();
  REQUIRE(log.Recover(breaks, Soon()).ok());
  CHECK(folder.Contents() == (happened ? "one" : ""));
  CHECK(folder.Replayed(HashAlgorithm::kSha256) == breaks.Value(kPcr));
}

TEST_CASE("The log has a limit, at which the register is left alone") {
  const LogFolder folder;
  FakeRegisters registers;
  MeasurementLog log = folder.Open();
  const std::string content(kMaxContentBytes, 'c');
  absl::Status status;
  int count = 0;
  while (status.ok() && count < 100) {
    status = log.Extend(registers, kPcr, EventOf(content), Soon());
    count += status.ok() ? 1 : 0;
  }
  CHECK(count == 63);  // of 16 KiB and a head each, in 1 MiB
  CHECK(absl::IsResourceExhausted(status));
  CHECK(base::GetReason(status) == base::Reason::kLogFull);
  CHECK(registers.extends == count);
}

}  // namespace
}  // namespace attestd::eventlog
