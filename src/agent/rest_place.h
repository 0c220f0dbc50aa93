// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_REST_PLACE_H_
#define ATTESTD_AGENT_REST_PLACE_H_

#include <string>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::agent {

// What api-server-rest is told.
struct RestCommand {
  std::string bind = "127.0.0.1:8006";
  std::string features = "resource";  // or attestation, or all
  std::string cdh = "unix:///run/confidential-containers/cdh.sock";
  std::string aa = "unix:///run/confidential-containers/attestation-agent/attestation-agent.sock";

  // The socket of the attestd that serves: the hub's, but for attestation alone.
  const std::string& server() const { return features == "attestation" ? aa : cdh; }
};

// InvalidArgument names the flag.
absl::Status CheckRestCommand(const RestCommand& command);

// The same in attestd's own file.
std::string RestListenerText(const RestCommand& command);

// Stands in for api-server-rest: makes the listening socket, in the network namespace that it was
// started in, and passes it to the attestd at `command.server()`, and again to the next when that
// one ends. Whoever connects meanwhile waits in the socket. Holds no secret. Returns when SIGTERM
// or SIGINT comes by `signals` (a signalfd), or with the reason when attestd refuses.
absl::Status KeepRestPlace(const RestCommand& command, const base::UniqueFd& signals);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_REST_PLACE_H_
