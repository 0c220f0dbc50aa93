// SPDX-License-Identifier: Apache-2.0
#include "ctl/stop_signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/file.h"

namespace attestd::ctl {
namespace {

sigset_t WantedSignals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) {
      sigaddset(&wanted, number);
    }
  }
  return wanted;
}

}  // namespace

absl::StatusOr<std::unique_ptr<StopSignals>> StopSignals::Create(Ending ending) {
  const sigset_t wanted = WantedSignals();
  base::UniqueFd signals(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  base::UniqueFd over(::eventfd(0, EFD_CLOEXEC));
  sigset_t before;
  if (!signals.valid() || !over.valid() || ::pthread_sigmask(SIG_BLOCK, &wanted, &before) != 0) {
    return base::ErrnoStatus(errno, "signals");
  }
  return std::unique_ptr<StopSignals>(
      new StopSignals(ending, before, std::move(signals), std::move(over)));
}

StopSignals::StopSignals(Ending ending, sigset_t before, base::UniqueFd signals,
                         base::UniqueFd over)
    : ending_(ending),
      before_(before),
      signals_(std::move(signals)),
      over_(std::move(over)),
      thread_([this] { Watch(); }) {}

StopSignals::~StopSignals() {
  // Cannot fail: the counter is at zero.
  ::eventfd_write(over_.get(), 1);
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void StopSignals::Watch() {
  std::array<pollfd, 2> events = {{{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = over_.get(), .events = POLLIN, .revents = 0}}};
  while (events[1].revents == 0) {
    ::poll(events.data(), events.size(), -1);
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof(info)) != sizeof(info)) {
      continue;
    }
    requested_ = true;
    const base::MonitorLock lock(busy_);
    if (child_ != 0) {
      ::kill(child_, SIGTERM);
    }
    ::_exit(ending_ == Ending::kDone ? 0 : 128 + static_cast<int>(info.ssi_signo));
  }
}

}  // namespace attestd::ctl
