// SPDX-License-Identifier: Apache-2.0
#include "ctl/notify.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "ctl/retry.h"
#include "test/support/temp_dir.h"

namespace attestd::ctl {
namespace {

TEST_CASE("ParsePid takes one process and nothing that names more") {
  CHECK(*ParsePid("42") == 42);
  CHECK(*ParsePid("2147483647 \n") == 2147483647);
  const std::string bad =
      GENERATE("", "\n", "0", "1", "-1", "-42", "+42", " 42", "42 43", "42x", "2147483648", "0x2a");
  CAPTURE(bad);
  CHECK(absl::IsInvalidArgument(ParsePid(bad).status()));
}

TEST_CASE("Notify runs the command to its end and knows how it ended") {
  const test::TempDir dir;
  const auto stop = StopSignals::Create(StopSignals::Ending::kDone);
  REQUIRE(stop.ok());
  const auto run = [&stop](const std::string& script, absl::Duration limit) {
    NotifyOptions options;
    options.command = {"sh", "-c", script};
    return Notify(options, limit, **stop);
  };
  // Signals have their usual effect on it, though they are blocked here.
  CHECK(run("cat && kill -TERM $$ ; exit 0", absl::Seconds(20)).message() ==
        "--notify-exec: sh: ended by signal 15");
  CHECK(run("exit 3", absl::Seconds(20)).message() == "--notify-exec: sh: exit status 3");
  CHECK(run("exit 0", absl::Seconds(20)).ok());
  CHECK(absl::IsDeadlineExceeded(run("exec sleep 1000", absl::Milliseconds(50))));
  NotifyOptions none;
  CHECK(Notify(none, absl::Seconds(1), **stop).ok());
  none.command = {"/nonexistent/command"};
  CHECK_FALSE(Notify(none, absl::Seconds(1), **stop).ok());
}

TEST_CASE("Notify calls a pid file of no use an error") {
  const test::TempDir dir;
  const auto stop = StopSignals::Create(StopSignals::Ending::kDone);
  REQUIRE(stop.ok());
  NotifyOptions options;
  options.signal = SIGHUP;
  options.pid_file = dir.File("pid");
  CHECK_FALSE(Notify(options, absl::Seconds(1), **stop).ok());
  std::ofstream(options.pid_file) << GENERATE("", "0\n", "-1\n", "2147483647\n");
  CHECK_FALSE(Notify(options, absl::Seconds(1), **stop).ok());
}

TEST_CASE("pauses grow to their cap, with jitter that stays below the step") {
  Pauses pauses(absl::Milliseconds(100), absl::Milliseconds(300));
  for (const int step : {100, 200, 300, 300}) {
    const absl::Duration pause = pauses.Next();
    CHECK(pause >= absl::Milliseconds(step) / 2);
    CHECK(pause <= absl::Milliseconds(step));
  }
  pauses.Reset();
  CHECK(pauses.Next() <= absl::Milliseconds(100));
  for (int i = 0; i < 100; ++i) {
    const absl::Duration about = About(absl::Seconds(10));
    CHECK(about >= absl::Seconds(9));
    CHECK(about <= absl::Seconds(11));
  }
}

}  // namespace
}  // namespace attestd::ctl
