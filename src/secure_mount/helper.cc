// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/helper.h"

#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <utility>
#include <variant>

#include "base/secret.h"
#include "secure_mount/packet.h"
#include "secure_mount/volume.h"
#include "secure_mount/wire.h"

namespace attestd::secure_mount {
namespace {

absl::Status CheckPeer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return absl::FailedPreconditionError("mount helper: descriptor 3 is no unix socket");
  }
  return peer.uid == 0 || peer.uid == ::geteuid()
             ? absl::OkStatus()
             : absl::PermissionDeniedError("mount helper: the other side is another user");
}

absl::Status Execute(const Order& order, const Packet& packet, int socket,
                     const std::vector<std::string>& roots) {
  ASSIGN_OR_RETURN(const MountPlan plan, ParseMountPlan(order.request));
  std::optional<base::Secret> key;
  if (packet.fd.valid()) {
    ASSIGN_OR_RETURN(key, ReadKeyPipe(packet.fd.get()));
  }
  Interruption interruption(socket, order.id,
                            base::Deadline::After(absl::Milliseconds(order.milliseconds)));
  return MountVolume(plan, key.has_value() ? &*key : nullptr, roots, interruption);
}

}  // namespace

absl::Status ServeOrders(int socket, const std::vector<std::string>& mount_roots) {
  RETURN_IF_ERROR(CheckPeer(socket));
  while (true) {
    const absl::StatusOr<Packet> packet = ReceivePacket(socket);
    if (!packet.ok()) {
      return absl::IsUnavailable(packet.status()) ? absl::OkStatus() : packet.status();
    }
    ASSIGN_OR_RETURN(const auto said, DecodeOrder(packet->text));
    const auto* order = std::get_if<Order>(&said);
    if (order == nullptr) {
      continue;  // to cancel what has ended
    }
    Outcome outcome{.id = order->id, .status = Execute(*order, *packet, socket, mount_roots)};
    RETURN_IF_ERROR(SendPacket(socket, Encode(outcome), -1));
  }
}

}  // namespace attestd::secure_mount
