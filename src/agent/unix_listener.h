// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_UNIX_LISTENER_H_
#define ATTESTD_AGENT_UNIX_LISTENER_H_

#include <sys/types.h>

#include <string>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::agent {

// A listening unix socket at a path that this process holds alone. The path is freed at the end.
class UnixListener {
 public:
  // Takes the path: a socket left behind by a dead process of ours is replaced; anything else is
  // left alone. `owner`: "user", "user:group" or ":group", names or numbers; empty: ours.
  // AlreadyExists: another process listens there. FailedPrecondition: a foreign file
  // is in the way. Others name the path and the cause.
  static absl::StatusOr<UnixListener> Create(const std::string& path, mode_t mode,
                                             const std::string& owner = "");

  UnixListener(UnixListener&& other) noexcept = default;
  UnixListener& operator=(UnixListener&& other) noexcept = delete;
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;
  ~UnixListener();

  int fd() const { return socket_.get(); }
  const std::string& path() const { return path_; }

 private:
  UnixListener(std::string path, base::UniqueFd lock, base::UniqueFd socket);

  std::string path_;
  base::UniqueFd lock_;  // flock on path_ + ".lock", held as long as we live
  base::UniqueFd socket_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_UNIX_LISTENER_H_
