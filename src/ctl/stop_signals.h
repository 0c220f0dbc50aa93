// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_STOP_SIGNALS_H_
#define ATTESTD_CTL_STOP_SIGNALS_H_

#include <sys/types.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <thread>

#include "base/handle.h"
#include "base/monitor.h"
#include "base/status.h"

namespace attestd::ctl {

// Ends the process on SIGTERM, SIGINT and SIGHUP, also as the first process of a container, which
// signals without a handler do not reach. What runs Undisturbed is finished first. No handler is
// installed, so that no signal frame keeps registers; a signal that was ignored before still is.
class StopSignals {
 public:
  // Exit status when a signal ends the process: 128 + its number, or 0 where being stopped is the
  // way to end.
  enum class Ending { kInterrupted, kDone };
  // Before any other thread is started, since they inherit which signals are blocked.
  static absl::StatusOr<std::unique_ptr<StopSignals>> Create(Ending ending);
  // Signals have their former effect again.
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Whether a signal has come; the process then ends as soon as nothing runs Undisturbed.
  bool requested() const { return requested_; }

  template <typename Work>
  auto Undisturbed(Work work) {
    base::MonitorLock lock(busy_);
    return work();
  }

  // A child that gets SIGTERM before this process ends; 0 for none. Call it Undisturbed.
  void set_child(pid_t child) { child_ = child; }

 private:
  StopSignals(Ending ending, sigset_t before, base::UniqueFd signals, base::UniqueFd over);
  void Watch();

  const Ending ending_;
  const sigset_t before_;  // blocked signals at the time of Create
  const base::UniqueFd signals_;
  const base::UniqueFd over_;  // an event: no more signals are wanted
  std::atomic<bool> requested_ = false;
  std::atomic<pid_t> child_ = 0;
  base::Monitor busy_;
  std::thread thread_;
};

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_STOP_SIGNALS_H_
