// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_HANDOVER_H_
#define ATTESTD_AGENT_HANDOVER_H_

#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::agent {

// A listening socket for REST, made by a process in another network namespace and passed to the
// attestd that serves it. Over a connection to one of that attestd's unix sockets goes one message,
// "LISTEN rest FEATURES\n" with the socket (SCM_RIGHTS); the answer is a line, "OK" or what is
// wrong. The socket is served as long as the connection lives.
struct Handover {
  base::UniqueFd socket;
  std::string features;  // resource, attestation or all; not checked
};

// Neither gRPC nor ttRPC begins with it.
inline constexpr char kHandoverFirstByte = 'L';
inline constexpr std::string_view kHandoverDone = "OK";

absl::Status SendHandover(const base::UniqueFd& connection, const base::UniqueFd& socket,
                          std::string_view features);

// From a connection that has something to read. PermissionDenied unless the other side is root or
// of our own user, InvalidArgument unless it is the message above.
absl::StatusOr<Handover> ReceiveHandover(const base::UniqueFd& connection);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_HANDOVER_H_
