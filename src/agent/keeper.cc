// SPDX-License-Identifier: Apache-2.0
#include "agent/keeper.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "agent/beside.h"
#include "base/deadline.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr int kPauseMs = 500;

// The lock that a listening attestd holds (agent/unix_listener.cc).
bool IsLocked(const std::string& path) {
  const base::UniqueFd lock(::open((path + ".lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  return lock.valid() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace

absl::StatusOr<bool> IsServedByAttestd(const std::string& path) {
  if (!IsLocked(path)) {
    return false;
  }
  if (!ConnectTo(path).valid()) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition,
        path +
            ": another attestd listens here and its socket was removed, as kata-agent does "
            "before it launches; take the path out of that attestd's [[listener]] and restart it");
  }
  return true;
}

absl::Status KeepPlace(const std::string& path, const base::UniqueFd& signals) {
  base::Log(base::Severity::kNotice, "another attestd serves this socket; staying beside it",
            {{"socket", path}});
  base::Deadline deadline = base::Deadline::After(kPatience);
  while (!deadline.Expired()) {
    const base::UniqueFd connection = ConnectTo(path);
    if (connection.valid()) {
      const Event event = WaitBeside(signals, connection, -1);
      if (event == Event::kEnd) {
        return absl::OkStatus();
      }
      deadline = base::Deadline::After(kPatience);
    }
    if (WaitBeside(signals, {}, kPauseMs) == Event::kEnd) {
      return absl::OkStatus();
    }
  }
  return base::MakeStatus(absl::StatusCode::kUnavailable,
                          path + ": the attestd that served it has been gone for 30 s");
}

}  // namespace attestd::agent
