// SPDX-License-Identifier: Apache-2.0
#include "base/io_loop.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/epoll.h"
#include "base/file.h"
#include "base/log.h"

namespace attestd::base {
namespace {

// Of the threads' eventfd; watchers begin after it.
constexpr IoLoop::Id kStopId = 0;

// What epoll hands back: whose descriptor, and which.
uint64_t Pack(IoLoop::Id id, int fd) { return uint64_t{id} << 32 | static_cast<uint32_t>(fd); }

}  // namespace

absl::StatusOr<std::unique_ptr<IoLoop>> IoLoop::Create(int threads) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll.valid() || !stop.valid()) {
    return ErrnoStatus(errno, "epoll_create1 or eventfd");
  }
  std::unique_ptr<IoLoop> loop(new IoLoop(threads, std::move(epoll), std::move(stop)));
  RETURN_IF_ERROR(WatchDescriptor(loop->epoll_.get(), loop->stop_.get(),
                                  Pack(kStopId, loop->stop_.get()), EPOLLIN));
  return loop;
}

IoLoop::IoLoop(int threads, UniqueFd epoll, UniqueFd stop)
    : wanted_threads_(threads), epoll_(std::move(epoll)), stop_(std::move(stop)) {}

IoLoop::~IoLoop() {
  constexpr uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &kOne, sizeof kOne);
  std::vector<std::thread> threads;
  {
    const absl::MutexLock lock(&mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

IoLoop::Id IoLoop::Add(std::weak_ptr<Watcher> watcher) {
  const absl::MutexLock lock(&mutex_);
  while (std::cmp_less(threads_.size(), wanted_threads_)) {
    threads_.emplace_back([this] { Run(); });
  }
  do {
    ++last_id_;
  } while (last_id_ == kStopId || watchers_.contains(last_id_));
  watchers_.emplace(last_id_, std::move(watcher));
  return last_id_;
}

void IoLoop::Remove(Id id) {
  const absl::MutexLock lock(&mutex_);
  watchers_.erase(id);
}

absl::Status IoLoop::Arm(Id id, int fd, uint32_t events, Again again) {
  epoll_event event = {
      .events = events | static_cast<uint32_t>(again == Again::kOnce ? EPOLLONESHOT : EPOLLET),
      .data = {.u64 = Pack(id, fd)}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0 ||
      (errno == ENOENT && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0)) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, "epoll_ctl");
}

std::shared_ptr<IoLoop::Watcher> IoLoop::Find(Id id) {
  const absl::MutexLock lock(&mutex_);
  const auto found = watchers_.find(id);
  return found != watchers_.end() ? found->second.lock() : nullptr;
}

void IoLoop::Run() {
  ::pthread_setname_np(::pthread_self(), "io");
  while (true) {
    epoll_event event{};
    const int ready = ::epoll_wait(epoll_.get(), &event, 1, -1);
    if (ready < 0 && errno != EINTR) {
      Log(Severity::kError, "epoll_wait failed; no more replies are read");
      return;
    }
    if (ready <= 0) {
      continue;
    }
    const Id id = static_cast<Id>(event.data.u64 >> 32);
    if (id == kStopId) {
      return;
    }
    if (const std::shared_ptr<Watcher> watcher = Find(id); watcher != nullptr) {
      watcher->OnReady(static_cast<int>(event.data.u64 & UINT32_MAX), event.events);
    }
  }
}

}  // namespace attestd::base
