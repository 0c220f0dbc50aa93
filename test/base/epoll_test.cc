// SPDX-License-Identifier: Apache-2.0
#include "base/epoll.h"

#include <sys/eventfd.h>

#include <catch2/catch.hpp>

#include "base/handle.h"

namespace attestd::base {
namespace {

TEST_CASE("EpollTimeout waits no shorter than the time left, and an hour at most") {
  CHECK(EpollTimeout(absl::ZeroDuration()) == 1);
  CHECK(EpollTimeout(absl::Microseconds(1)) == 1);
  CHECK(EpollTimeout(absl::Microseconds(1999)) == 2);
  CHECK(EpollTimeout(absl::Seconds(2)) == 2001);
  CHECK(EpollTimeout(absl::Hours(1)) == 3'600'001);
  CHECK(EpollTimeout(absl::Hours(1'000'000)) == 3'600'001);
  CHECK(EpollTimeout(absl::InfiniteDuration()) == -1);
}

TEST_CASE("WatchDescriptor reports the events that were asked for last, with their word") {
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  const UniqueFd counter(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  REQUIRE(WatchDescriptor(epoll.get(), counter.get(), 7, EPOLLIN).ok());
  epoll_event event{};
  REQUIRE(::epoll_wait(epoll.get(), &event, 1, 0) == 1);
  CHECK(event.events == EPOLLIN);
  CHECK(uint64_t{event.data.u64} == 7);
  REQUIRE(WatchDescriptor(epoll.get(), counter.get(), 8, EPOLLOUT, EPOLL_CTL_MOD).ok());
  REQUIRE(::epoll_wait(epoll.get(), &event, 1, 0) == 1);
  CHECK(event.events == EPOLLOUT);
  CHECK(uint64_t{event.data.u64} == 8);
}

TEST_CASE("WatchDescriptor says what the system refused") {
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  const UniqueFd counter(::eventfd(0, EFD_CLOEXEC));
  const absl::Status unknown =
      WatchDescriptor(epoll.get(), counter.get(), 1, EPOLLIN, EPOLL_CTL_MOD);
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.ToString().find("epoll_ctl") != std::string::npos);
  CHECK_FALSE(WatchDescriptor(epoll.get(), -1, 1, EPOLLIN).ok());
}

}  // namespace
}  // namespace attestd::base
