// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_COMMAND_LINE_H_
#define ATTESTD_AGENT_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <vector>

#include "agent/rest_place.h"
#include "compat/translate.h"

namespace attestd::agent {

// What a program of guest-components is told; empty where it is told nothing.
struct UpstreamCommand {
  compat::Program program = compat::Program::kAttestationAgent;
  std::string socket;
  std::vector<std::string> old_sockets;  // of programs before 0.10
  std::string config;
  std::string init_data_file;
  std::string init_data_digest;
  // attestd's own.
  std::string base = "/etc/attestd/dropin.toml";
  std::string kernel_cmdline = "/proc/cmdline";
};

struct CommandLine {
  std::string config = "/etc/attestd/config.toml";
  std::optional<UpstreamCommand> upstream;  // started in the place of such a program
  std::optional<RestCommand> rest;          // started in the place of api-server-rest
  bool check_config = false;
  bool print_config = false;
};

// Either what to do, or the status to exit with: help, version and errors have been printed.
struct ParsedCommandLine {
  CommandLine line;
  std::optional<int> exit;
};

// The name of the program in argv[0], or in "--as NAME" when that comes first, decides whose flags
// these are: attestation-agent's, confidential-data-hub's, api-server-rest's, or attestd's.
ParsedCommandLine ParseCommandLine(int argc, char** argv);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_COMMAND_LINE_H_
