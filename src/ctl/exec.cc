// SPDX-License-Identifier: Apache-2.0
#include "ctl/exec.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "ctl/environment_block.h"
#include "ctl/fetch.h"
#include "ctl/secret_fd.h"
#include "ctl/stop_signals.h"

namespace attestd::ctl {
namespace {

// Number -> the descriptor that holds it, so that none of gRPC's gets it.
using ReservedFds = std::map<int, base::UniqueFd>;

absl::StatusOr<ReservedFds> ReserveAll(const ExecOptions& options) {
  ReservedFds reserved;
  for (const auto& [number, uri] : options.descriptors) {
    ASSIGN_OR_RETURN(reserved[number], ReserveFd(number));
  }
  return reserved;
}

absl::StatusOr<FetchedSecrets> Fetch(const Options& options) {
  // The first process of a container is stopped while it waits, too. Gone, with its signals, before
  // the command takes over.
  ASSIGN_OR_RETURN(const std::unique_ptr<StopSignals> stop,
                   StopSignals::Create(StopSignals::Ending::kInterrupted));
  WantedSecrets wanted;
  for (const auto& [name, uri] : options.exec.environment) {
    wanted.emplace(uri, false);
  }
  for (const auto& [number, uri] : options.exec.descriptors) {
    wanted.emplace(uri, false);
  }
  return FetchAll(options, wanted, options.exec.retry);
}

absl::StatusOr<EnvironmentBlock> MakeEnvironment(const ExecOptions& options,
                                                 const FetchedSecrets& fetched) {
  std::map<std::string, base::ByteView> secrets;
  for (const auto& [name, uri] : options.environment) {
    secrets.emplace(name, fetched.at(uri)->view());
  }
  return EnvironmentBlock::Create(environ, secrets);
}

absl::Status Become(const std::vector<std::string>& command, EnvironmentBlock& environment) {
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));  // execve changes nothing
  }
  argv.push_back(nullptr);
  // Ignored by attestctl itself; what is ignored stays so over exec.
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &usual, nullptr);
  ::execvpe(argv[0], argv.data(), environment.pointers());
  return base::MakeStatus(
      absl::StatusCode::kInvalidArgument,
      "run " + std::string(base::ErrnoStatus(errno, command.front()).message()));
}

}  // namespace

absl::Status Exec(const Options& options) {
  ASSIGN_OR_RETURN(const ReservedFds reserved, ReserveAll(options.exec));
  ASSIGN_OR_RETURN(const FetchedSecrets fetched, Fetch(options));
  ASSIGN_OR_RETURN(EnvironmentBlock environment, MakeEnvironment(options.exec, fetched));
  for (const auto& [number, uri] : options.exec.descriptors) {
    RETURN_IF_ERROR(base::Annotate(FillFd(reserved.at(number), fetched.at(uri)->view()),
                                   "--fd " + std::to_string(number)));
  }
  return Become(options.exec.command, environment);
}

}  // namespace attestd::ctl
