// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_IO_LOOP_H_
#define ATTESTD_BASE_IO_LOOP_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::base {

// Waits for many descriptors with a few threads, which start with the first watcher.
class IoLoop {
 public:
  class Watcher {
   public:
    Watcher() = default;
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    virtual ~Watcher() = default;
    // On a thread of the loop, for different descriptors on several at once. `events` as epoll's.
    virtual void OnReady(int fd, uint32_t events) = 0;
  };

  // Errors: Unavailable with the system call's error.
  static absl::StatusOr<std::unique_ptr<IoLoop>> Create(int threads);
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;
  // Not on one of its own threads. No watcher is called afterwards.
  ~IoLoop();

  using Id = uint32_t;
  // Calls nobody who has ended.
  Id Add(std::weak_ptr<Watcher> watcher);
  void Remove(Id id);

  enum class Again { kOnce, kEdges };
  // Reports when the descriptor is ready: once, or each time that it becomes so. Takes the place of
  // what was asked for it before. Closing a descriptor ends it.
  absl::Status Arm(Id id, int fd, uint32_t events, Again again = Again::kOnce);

 private:
  IoLoop(int threads, UniqueFd epoll, UniqueFd stop);
  void Run();
  std::shared_ptr<Watcher> Find(Id id);

  const int wanted_threads_;
  const UniqueFd epoll_;
  const UniqueFd stop_;  // eventfd: readable when the threads must end
  absl::Mutex mutex_;
  Id last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<Id, std::weak_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_IO_LOOP_H_
