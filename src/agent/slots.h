// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SLOTS_H_
#define ATTESTD_AGENT_SLOTS_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>

namespace attestd::agent {

// Lets so many requests run at a time in each lane, one for each broker; more wait for their turn.
class Slots {
 public:
  struct Limits {
    size_t running = 1;  // in each lane
    size_t waiting = 1;  // in all of them
  };
  explicit Slots(Limits limits) : limits_(limits) {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots() = default;

  using Lane = int;
  // Calls `begin` when there is room: at once, or on a thread that calls Leave. Whoever was begun
  // leaves. False when too many wait; `begin` is then not called.
  [[nodiscard]] bool Enter(Lane lane, std::function<void()> begin);
  void Leave(Lane lane);
  // Waits until everybody has left.
  void Drain();

 private:
  struct Queue {
    std::deque<std::function<void()>> waiting;
    size_t running = 0;
    bool draining = false;  // a thread begins those who wait
  };

  const Limits limits_;
  absl::Mutex mutex_;
  std::map<Lane, Queue> lanes_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t present_ ABSL_GUARDED_BY(mutex_) = 0;  // who wait or run
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SLOTS_H_
