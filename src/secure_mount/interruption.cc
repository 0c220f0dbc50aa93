// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/interruption.h"

#include <poll.h>

#include <variant>

#include "secure_mount/packet.h"
#include "secure_mount/wire.h"

namespace attestd::secure_mount {

absl::Status Interruption::Check() {
  pollfd readable = {.fd = socket_, .events = POLLIN, .revents = 0};
  while (!cancelled_ && socket_ >= 0 && ::poll(&readable, 1, 0) > 0) {
    const auto packet = ReceivePacket(socket_);
    if (!packet.ok()) {
      cancelled_ = true;
      break;
    }
    const auto order = DecodeOrder(packet->text);
    // A late one of an order that has ended says nothing; attestd gives one order at a time.
    if (order.ok() && std::holds_alternative<Cancel>(*order)) {
      cancelled_ = std::get<Cancel>(*order).id == order_;
    }
  }
  if (cancelled_) {
    return absl::CancelledError("mount helper: the caller has left");
  }
  return deadline_.Expired()
             ? base::MakeStatus(absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
                                "mount helper: the time is up")
             : absl::OkStatus();
}

}  // namespace attestd::secure_mount
