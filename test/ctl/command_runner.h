// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_CTL_COMMAND_RUNNER_H_
#define ATTESTD_TEST_CTL_COMMAND_RUNNER_H_

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <string>

#include "base/file.h"
#include "base/handle.h"
#include "ctl/commands.h"
#include "ctl/exit_code.h"
#include "test/ctl/fake_daemon.h"
#include "test/support/temp_dir.h"

namespace attestd::ctl {

using test::FakeAnswers;
using test::FakeDaemon;
using test::TempDir;

struct Outcome {
  int code = 0;
  std::string out;
  std::string error;  // the line for standard error; empty when code is 0
};

// Runs one command with its output in a file.
inline Outcome Run(const TempDir& dir, const Options& options) {
  const std::string path = dir.File("stdout");
  const base::UniqueFd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const absl::Status status = RunCommand(options, out.get());
  auto text = base::ReadFile(path, 16U << 20);
  REQUIRE(text.ok());
  return {.code = static_cast<int>(ExitCodeFor(status)),
          .out = *std::move(text),
          .error = status.ok() ? "" : ErrorLine(status)};
}

// A command for the socket "attestd.sock" in `dir`.
inline Options MakeOptions(const TempDir& dir, Command command) {
  Options options;
  options.command = command;
  options.socket_path = dir.File("attestd.sock");
  options.timeout = absl::Seconds(20);
  options.resource.uri = "kbs:///default/demo/secret";
  return options;
}

// What a daemon that is ready says of itself.
inline FakeAnswers ReadyAnswers() {
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

}  // namespace attestd::ctl

#endif  // ATTESTD_TEST_CTL_COMMAND_RUNNER_H_
