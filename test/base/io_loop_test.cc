// SPDX-License-Identifier: Apache-2.0
#include "base/io_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/monitor.h"

namespace attestd::base {
namespace {

// Counts reports, and holds each until it is let go.
class Counter : public IoLoop::Watcher {
 public:
  void OnReady(int fd, uint32_t events) override {
    const MonitorLock lock(monitor_);
    ++reports_;
    last_fd_ = fd;
    last_events_ = events;
    monitor_.NotifyAll();
    monitor_.Await(Deadline::After(absl::Seconds(20)), [this] { return !held_; });
  }
  void Hold(bool held) {
    const MonitorLock lock(monitor_);
    held_ = held;
    monitor_.NotifyAll();
  }
  // Whether so many reports come within the time.
  bool Comes(int reports, absl::Duration time = absl::Seconds(20)) {
    const MonitorLock lock(monitor_);
    return monitor_.Await(Deadline::After(time), [&] { return reports_ >= reports; });
  }
  int last_fd() {
    const MonitorLock lock(monitor_);
    return last_fd_;
  }

 private:
  Monitor monitor_;
  bool held_ = false;
  int reports_ = 0;
  int last_fd_ = -1;
  uint32_t last_events_ = 0;
};

struct Bench {
  std::unique_ptr<IoLoop> loop = *IoLoop::Create(2);
  std::shared_ptr<Counter> counter = std::make_shared<Counter>();
  UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

  void Signal() const { CHECK(::eventfd_write(event.get(), 1) == 0); }
};

constexpr absl::Duration kQuiet = absl::Milliseconds(50);

TEST_CASE("A descriptor is reported once, and again when it is asked for again") {
  Bench bench;
  const IoLoop::Id id = bench.loop->Add(bench.counter);
  REQUIRE(bench.loop->Arm(id, bench.event.get(), EPOLLIN).ok());
  CHECK_FALSE(bench.counter->Comes(1, kQuiet));
  bench.Signal();
  CHECK(bench.counter->Comes(1));
  CHECK(bench.counter->last_fd() == bench.event.get());
  CHECK_FALSE(bench.counter->Comes(2, kQuiet));
  REQUIRE(bench.loop->Arm(id, bench.event.get(), EPOLLIN).ok());
  CHECK(bench.counter->Comes(2));
}

TEST_CASE("Edges are reported each time") {
  Bench bench;
  const IoLoop::Id id = bench.loop->Add(bench.counter);
  REQUIRE(bench.loop->Arm(id, bench.event.get(), EPOLLIN, IoLoop::Again::kEdges).ok());
  for (int i = 1; i <= 3; ++i) {
    bench.Signal();
    CHECK(bench.counter->Comes(i));
  }
  CHECK_FALSE(bench.counter->Comes(4, kQuiet));
}

TEST_CASE("While one watcher is busy another is called") {
  Bench bench;
  const auto busy = std::make_shared<Counter>();
  busy->Hold(true);
  const UniqueFd other(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  REQUIRE(bench.loop->Arm(bench.loop->Add(busy), other.get(), EPOLLIN).ok());
  CHECK(busy->Comes(1));
  REQUIRE(bench.loop->Arm(bench.loop->Add(bench.counter), bench.event.get(), EPOLLIN).ok());
  bench.Signal();
  CHECK(bench.counter->Comes(1));
  busy->Hold(false);
}

TEST_CASE("Who has ended or was removed is not called, and the loop goes on") {
  Bench bench;
  {
    const auto ended = std::make_shared<Counter>();
    const UniqueFd removed(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    const IoLoop::Id id = bench.loop->Add(ended);
    bench.loop->Remove(id);
    REQUIRE(bench.loop->Arm(id, removed.get(), EPOLLIN).ok());
    CHECK_FALSE(ended->Comes(1, kQuiet));
    REQUIRE(bench.loop->Arm(bench.loop->Add(ended), bench.event.get(), EPOLLIN).ok());
  }
  bench.Signal();
  REQUIRE(bench.loop->Arm(bench.loop->Add(bench.counter), bench.event.get(), EPOLLIN).ok());
  CHECK(bench.counter->Comes(1));
}

TEST_CASE("What cannot be watched is an error that names the call") {
  Bench bench;
  const absl::Status status = bench.loop->Arm(bench.loop->Add(bench.counter), -1, EPOLLIN);
  CHECK(std::string(status.message()).starts_with("epoll_ctl"));
}

}  // namespace
}  // namespace attestd::base
