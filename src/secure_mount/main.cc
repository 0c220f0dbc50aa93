// SPDX-License-Identifier: Apache-2.0
// attestd-mount: formats, opens and mounts encrypted volumes for attestd, which itself may start no
// program and has no right to mount.
//   attestd-mount MOUNT_ROOT...
// Descriptor 3 is a connected SOCK_SEQPACKET socket: attestd's, or systemd's (Accept=yes).
#include <sys/stat.h>

#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/secret_memory.h"
#include "secure_mount/helper.h"
#include "secure_mount/mount_plan.h"

namespace attestd::secure_mount {
namespace {

constexpr int kSocket = 3;
constexpr size_t kSecretMemory = size_t{256} << 10;

absl::Status SetUp() {
  RETURN_IF_ERROR(base::ForbidDumps());
  // Ends when attestd does, so that what was begun is undone.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) {
    if (::signal(signal, SIG_IGN) == SIG_ERR) {
      return absl::InternalError("signals cannot be set up");
    }
  }
  ::umask(0022);
  ASSIGN_OR_RETURN(const base::SecretArena memory, base::SetUpSecretArena(kSecretMemory));
  if (!memory.locked()) {
    base::Log(base::Severity::kWarning,
              "mount helper: secret memory is not locked and may be swapped; raise LimitMEMLOCK");
  }
  return absl::OkStatus();
}

absl::Status Run(int argc, char** argv) {
  std::vector<std::string> roots;
  for (int i = 1; i < argc; ++i) {
    ASSIGN_OR_RETURN(roots.emplace_back(), ParseCleanPath(argv[i], "mount root"));
  }
  if (roots.empty()) {
    return absl::InvalidArgumentError("usage: attestd-mount MOUNT_ROOT...; attestd starts it");
  }
  RETURN_IF_ERROR(SetUp());
  return ServeOrders(kSocket, roots);
}

}  // namespace
}  // namespace attestd::secure_mount

int main(int argc, char** argv) {
  try {
    const absl::Status status = attestd::secure_mount::Run(argc, argv);
    if (!status.ok()) {
      attestd::base::Log(attestd::base::Severity::kError, "attestd-mount ends",
                         {{"cause", attestd::base::StatusText(status)}});
      return 1;
    }
    return 0;
  } catch (const std::exception&) {
    attestd::base::Log(attestd::base::Severity::kError, "attestd-mount ends: a library threw");
    return 1;
  }
}
