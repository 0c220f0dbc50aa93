// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/handle.h"
#include "tee/tsm/request_directory.h"
#include "tee/tsm/tsm_report.h"
#include "test/fuse/mount_or_skip.h"
#include "test/support/process.h"

namespace attestd::tee::tsm {
namespace {

bool MakeDirectory(const fake_tee::FakeTeeMount& mount, const std::string& name) {
  return ::mkdir((mount.report_root() + "/" + name).c_str(), 0700) == 0;
}

// The number of a process that ran and is gone.
pid_t EndedPid() {
  auto process = test::Process::Start({.argv = {"true"}, .env = {}});
  REQUIRE(process.ok());
  REQUIRE(process->Wait(absl::Seconds(30)).ok());
  return process->pid();
}

std::string NameOf(pid_t pid, const std::string& start_time) {
  return "attestd-" + std::to_string(pid) + "-" + start_time + "-0123456789abcdef";
}

TEST_CASE("Case 76: directories of ended processes are removed and counted") {
  MOUNT_OR_SKIP(mount, "echo");
  const pid_t ended = EndedPid();
  REQUIRE(MakeDirectory(mount, NameOf(ended, "100")));
  REQUIRE(MakeDirectory(mount, NameOf(ended, "101")));
  CHECK(TsmReporter(mount.report_root(), "echo").RemoveLeftovers() == 2);
  CHECK(mount.Reports().empty());
}

TEST_CASE("Case 76: a process that took over the number of a dead one protects nothing") {
  MOUNT_OR_SKIP(mount, "echo");
  // We run, but did not start one tick after boot.
  REQUIRE(MakeDirectory(mount, NameOf(::getpid(), "1")));
  CHECK(TsmReporter(mount.report_root(), "echo").RemoveLeftovers() == 1);
  CHECK(mount.Reports().empty());
}

TEST_CASE("Case 76: directories of the living and of strangers stay") {
  MOUNT_OR_SKIP(mount, "echo");
  const auto ours = RequestDirectory::Create(mount.report_root(), OwnPrefix());
  REQUIRE(ours.ok());
  REQUIRE(MakeDirectory(mount, OwnPrefix() + "0123456789abcdef"));
  std::vector<std::string> names = {"report0",
                                    "attestd",
                                    "attestd-",
                                    "attestd-1-2",
                                    "attestd-x-1-a",
                                    "attestd--1-1-a",
                                    "attestd-99999999999-1-a"};
  for (const std::string& name : names) {
    REQUIRE(MakeDirectory(mount, name));
  }
  CHECK(TsmReporter(mount.report_root(), "echo").RemoveLeftovers() == 0);
  CHECK(mount.Reports().size() == names.size() + 2);
}

TEST_CASE("Case 76: a locked directory stays although its process cannot be seen") {
  MOUNT_OR_SKIP(mount, "echo");
  const TsmReporter reporter(mount.report_root(), "echo");
  // As if made in another PID namespace, where the number means nothing here.
  auto foreign = RequestDirectory::Create(mount.report_root(),
                                          "attestd-" + std::to_string(EndedPid()) + "-7-");
  REQUIRE(foreign.ok());
  CHECK(reporter.RemoveLeftovers() == 0);
  CHECK(mount.Reports().size() == 1);
  // Unlocked, the same directory goes.
  REQUIRE(::flock(foreign->fd(), LOCK_UN) == 0);
  CHECK(reporter.RemoveLeftovers() == 1);
  CHECK(foreign->Vanished());
}

TEST_CASE("Case 76: nothing is removed where there is no interface") {
  CHECK(TsmReporter("/nonexistent", "echo").RemoveLeftovers() == 0);
}

TEST_CASE("Removing leftovers all the time disturbs no request") {
  MOUNT_OR_SKIP(mount, "echo");
  const TsmReporter reporter(mount.report_root(), "echo");
  std::atomic<bool> stop = false;
  std::atomic<int> removed = 0;
  std::thread cleaner([&] {
    while (!stop) {
      removed += RemoveLeftoverDirectories(mount.report_root());
    }
  });
  int wrong = 0;
  for (uint8_t i = 0; i < 100; ++i) {
    TsmRequest request;
    request.inblob = base::Bytes(64, i);
    const auto report = reporter.Get(request, base::Deadline::After(absl::Seconds(20)));
    wrong += report.ok() && report->outblob.back() == i ? 0 : 1;
  }
  stop = true;
  cleaner.join();
  CHECK(wrong == 0);
  CHECK(removed == 0);
  CHECK(mount.Count("mkdir") == 100);
}

}  // namespace
}  // namespace attestd::tee::tsm
