// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_UPSTREAM_SOURCES_H_
#define ATTESTD_AGENT_UPSTREAM_SOURCES_H_

#include <string>
#include <vector>

#include "agent/command_line.h"
#include "base/status.h"
#include "compat/translate.h"

namespace attestd::agent {

// Reads what the command names, and what guest-components' program would look for besides: init
// data beside confidential-data-hub's file, the kernel's command line, files of offline_fs_kbc.
// FailedPrecondition for a file that others than its owner may write; errors name the path.
absl::StatusOr<compat::Sources> ReadUpstreamSources(const UpstreamCommand& command,
                                                    const compat::Environment& environment);

// Files that it looks for, beside those of offline_fs_kbc, be they there or not.
std::vector<std::string> UpstreamFiles(const UpstreamCommand& command);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_UPSTREAM_SOURCES_H_
