// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_OPTIONS_H_
#define ATTESTD_CTL_OPTIONS_H_

#include <absl/time/time.h>

#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "ctl/appraise_options.h"
#include "ctl/client.h"
#include "ctl/exec_options.h"
#include "ctl/resource_options.h"

namespace attestd::ctl {

enum class Command {
  kPrint,
  kGetResource,
  kGetEvidence,
  kGetToken,
  kTee,
  kStatus,
  kReload,
  kPolicyTest,
  kAppraise,
  kExec
};

// The command line, checked.
struct Options {
  Command command = Command::kPrint;
  std::string text;  // kPrint: what --help or --version prints

  std::string socket_path;
  absl::Duration timeout;
  bool wait = false;
  bool json = false;

  ResourceOptions resource;       // kGetResource
  ExecOptions exec;               // kExec
  base::Bytes runtime_data;       // kGetEvidence, when the next is empty
  std::string runtime_data_file;  // kGetEvidence
  AppraiseOptions appraise;       // kAppraise
  bool explain = false;           // kTee
  PolicyQuestion policy;          // kPolicyTest
};

// InvalidArgument, "usage: ..." with what is wrong, for a command line that means nothing.
absl::StatusOr<Options> ParseOptions(int argc, const char* const* argv);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_OPTIONS_H_
