// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BENCH_CHILD_PROCESS_H_
#define ATTESTD_BENCH_CHILD_PROCESS_H_

#include <absl/time/time.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::bench {

// A program that is ended with SIGTERM, and waited for, when this object goes. Its standard output
// and error go to /dev/null.
class ChildProcess {
 public:
  static absl::StatusOr<ChildProcess> Start(const std::vector<std::string>& argv);
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

// A connected, non-blocking socket. Unavailable when nobody listens at the path.
absl::StatusOr<base::UniqueFd> ConnectUnix(const std::string& path);

// Returns as soon as connect() succeeds. DeadlineExceeded after 10 s.
absl::Status WaitUntilListening(const std::string& path);

// What the kernel says of a process (proc(5), smaps_rollup and task).
struct Footprint {
  long pss_kib = 0;
  long rss_kib = 0;
  int threads = 0;
};
absl::StatusOr<Footprint> ReadFootprint(pid_t pid);

}  // namespace attestd::bench

#endif  // ATTESTD_BENCH_CHILD_PROCESS_H_
