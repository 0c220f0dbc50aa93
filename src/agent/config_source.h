// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CONFIG_SOURCE_H_
#define ATTESTD_AGENT_CONFIG_SOURCE_H_

#include <span>
#include <string>
#include <vector>

#include "agent/command_line.h"
#include "agent/config.h"
#include "base/status.h"
#include "tee/backend.h"

namespace attestd::agent {

// Where the configuration comes from: attestd's own file, or what it is told in the place of a
// program of guest-components. Each call reads all of it again.
class ConfigSource {
 public:
  ConfigSource(CommandLine line, compat::Environment environment,
               std::vector<tee::Backend> backends);

  // In the place of another program it also writes the files that the configuration names (the
  // broker's certificate), makes the socket's directory, and logs what has no effect.
  absl::StatusOr<Config> Load() const;

  // The configuration as text that `attestd --config` takes; nothing is written.
  absl::StatusOr<std::string> Print() const;

  // The socket that callers of the other program know; "" for attestd itself.
  absl::StatusOr<std::string> UpstreamSocket() const;

  // What the configuration is read from, for messages.
  std::string name() const;

 private:
  absl::StatusOr<compat::Translation> Translate() const;

  const CommandLine line_;
  const compat::Environment environment_;
  const std::vector<tee::Backend> backends_;
};

// Those of the variables of the environment that guest-components' programs look at.
compat::Environment ReadUpstreamEnvironment();

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CONFIG_SOURCE_H_
