// SPDX-License-Identifier: Apache-2.0
// attestctl: the command line of attestd.
#include <unistd.h>

#include <csignal>
#include <string>

#include "base/bytes.h"
#include "base/secret_memory.h"
#include "base/status.h"
#include "ctl/commands.h"
#include "ctl/exit_code.h"
#include "ctl/options.h"
#include "ctl/output_file.h"

namespace {

using attestd::ctl::Options;

// Room for the largest resource (client.cc) beside small pieces; pages are taken when used.
constexpr size_t kSecretMemory = size_t{16} << 20;
// For many resources together, and a text that they or one of them are put into.
constexpr size_t kLargeSecretMemory = size_t{64} << 20;

bool TakesMany(const Options& options) {
  return options.json || options.command == attestd::ctl::Command::kExec ||
         !options.resource.manifest.empty() || !options.resource.template_file.empty();
}

absl::Status Run(int argc, const char* const* argv) {
  ASSIGN_OR_RETURN(const Options options, attestd::ctl::ParseOptions(argc, argv));
  const bool becomes_another = options.command == attestd::ctl::Command::kExec;
  RETURN_IF_ERROR(attestd::base::ForbidDumps(becomes_another ? attestd::base::DumpBan::kProgram
                                                             : attestd::base::DumpBan::kProcess));
  // Whether the kernel locks it depends on the caller's RLIMIT_MEMLOCK; a process this short does
  // its work either way.
  RETURN_IF_ERROR(
      attestd::base::SetUpSecretArena(TakesMany(options) ? kLargeSecretMemory : kSecretMemory)
          .status());
  return attestd::ctl::RunCommand(options, STDOUT_FILENO);
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that went away is an error of write(2), reported as any other.
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) {
    return static_cast<int>(attestd::ctl::ExitCode::kFailure);
  }
  const absl::Status status = Run(argc, argv);
  if (!status.ok()) {
    const std::string line = attestd::ctl::ErrorLine(status);
    // Nothing is left to tell when standard error is gone.
    attestd::ctl::WriteAll(STDERR_FILENO, attestd::base::AsBytes(line)).IgnoreError();
  }
  return static_cast<int>(attestd::ctl::ExitCodeFor(status));
}
