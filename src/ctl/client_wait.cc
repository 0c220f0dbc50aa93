// SPDX-License-Identifier: Apache-2.0
#include <absl/time/clock.h>

#include <algorithm>
#include <string>

#include "ctl/client.h"

namespace attestd::ctl {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(10);
constexpr absl::Duration kLongestPause = absl::Milliseconds(250);

absl::Status CheckReady(Client& client) {
  ASSIGN_OR_RETURN(const DaemonStatus status, client.GetStatus());
  if (!status.ready) {
    return base::MakeStatus(absl::StatusCode::kUnavailable,
                            "the daemon is not ready: " + status.not_ready_reason);
  }
  return absl::OkStatus();
}

// Errors that go away when the daemon comes up. The socket's mode is set after it is bound.
bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsPermissionDenied(status) ||
         absl::IsResourceExhausted(status) || absl::IsDeadlineExceeded(status);
}

absl::Status GaveUp(const absl::Status& reason) {
  if (absl::IsPermissionDenied(reason)) {
    return reason;
  }
  return base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                          "gave up waiting (--timeout): " + std::string(reason.message()));
}

}  // namespace

absl::StatusOr<Client> ConnectWhenReady(const std::string& path, base::Deadline deadline) {
  absl::Status reason;
  for (absl::Duration pause = kFirstPause;; pause = std::min(pause * 1.5, kLongestPause)) {
    absl::StatusOr<Client> client = Client::Connect(path, deadline);
    const absl::Status status = client.ok() ? CheckReady(*client) : client.status();
    if (status.ok()) {
      return client;
    }
    if (!MayPass(status)) {
      return status;
    }
    // The last call may run out of time; what was missing before says more.
    if (!absl::IsDeadlineExceeded(status) || reason.ok()) {
      reason = status;
    }
    if (deadline.Expired()) {
      return GaveUp(reason);
    }
    absl::SleepFor(std::min(pause, deadline.Remaining()));
  }
}

}  // namespace attestd::ctl
