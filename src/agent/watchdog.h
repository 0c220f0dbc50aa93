// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_WATCHDOG_H_
#define ATTESTD_AGENT_WATCHDOG_H_

#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/monitor.h"

namespace attestd::agent {

// A part of the daemon that must go on.
struct Vital {
  std::string name;         // for the log
  absl::Duration patience;  // it hangs when it has not answered for longer
  // Asks it for a sign of life, which is `answer`, called once, now or later, on any thread. False
  // when it could not be asked; it is then asked again, and owes its answer all the same.
  std::function<bool(std::function<void()> answer)> ask;
};

// Says that the daemon is alive as long as every part of it answers.
class Watchdog {
 public:
  // Asks every `interval`, from now on. `alive` is called on a thread of its own, once an interval
  // unless a part hangs.
  Watchdog(absl::Duration interval, std::vector<Vital> vitals, std::function<void()> alive);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  // Answers that come later are of no consequence.
  ~Watchdog();

 private:
  // What is known of one part. Shared with the answers under way.
  struct Pulse;
  void Run();
  bool Look(const Vital& vital, Pulse& pulse);

  const absl::Duration interval_;
  const std::vector<Vital> vitals_;
  const std::function<void()> alive_;
  std::vector<std::shared_ptr<Pulse>> pulses_;
  base::Monitor monitor_;
  bool stopping_ ABSL_GUARDED_BY(monitor_) = false;
  std::thread thread_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_WATCHDOG_H_
