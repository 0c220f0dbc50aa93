// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_PEER_H_
#define ATTESTD_BASE_PEER_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/caller.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::base {

// Who opened the connection of a unix socket (SO_PEERCRED); nothing for other sockets. The errno's
// status.
absl::StatusOr<std::optional<Peer>> ReadPeer(int socket);

// The path of the process's cgroup, "/kubepods.slice/...": of the one that opened the connection,
// and of no other that has its number since (SO_PEERPIDFD, Linux 6.5; before that a process that
// has its number by now cannot be told apart). Where the kernel shows us no such process,
// Unavailable.
absl::StatusOr<std::string> ReadPeerCgroup(int socket, const Peer& peer);

// The id of a container in the last parts of a cgroup's path, as containerd, CRI-O, docker and
// podman name them: 64 hexadecimal digits. Empty where there is none.
std::string ContainerId(std::string_view cgroup);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_PEER_H_
