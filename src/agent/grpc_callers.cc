// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_callers.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/deadline.h"
#include "base/epoll.h"
#include "base/file.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

// epoll's word for the end; connections count from 1.
constexpr uint64_t kStop = 0;

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcCallers>> GrpcCallers::Create(const LimitsConfig& limits) {
  base::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  base::UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll.valid() || !stop.valid()) {
    return base::ErrnoStatus(errno, "gRPC: epoll or eventfd");
  }
  RETURN_IF_ERROR(base::WatchDescriptor(epoll.get(), stop.get(), kStop, EPOLLIN));
  return std::unique_ptr<GrpcCallers>(new GrpcCallers(limits, std::move(epoll), std::move(stop)));
}

GrpcCallers::GrpcCallers(const LimitsConfig& limits, base::UniqueFd epoll, base::UniqueFd stop)
    : requests_({.burst = static_cast<double>(limits.burst),
                 .per_second = static_cast<double>(limits.requests_per_second)}),
      epoll_(std::move(epoll)),
      stop_(std::move(stop)) {}

GrpcCallers::~GrpcCallers() {
  constexpr uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &kOne, sizeof kOne);
  std::thread thread;
  {
    const absl::MutexLock lock(&mutex_);
    thread = std::move(thread_);
  }
  if (thread.joinable()) {
    thread.join();
  }
}

absl::StatusOr<uint64_t> GrpcCallers::Add(const base::UniqueFd& connection,
                                          base::CallerRef caller) {
  base::UniqueFd copy(::fcntl(connection.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) {
    return base::ErrnoStatus(errno, "gRPC: duplicate of a connection");
  }
  const absl::MutexLock lock(&mutex_);
  const uint64_t id = ++last_id_;
  // No events: hanging up is always told.
  RETURN_IF_ERROR(base::WatchDescriptor(epoll_.get(), copy.get(), id, 0));
  MeteredReads reads(copy, BudgetOf(caller->principal));
  watched_.emplace(id, Watched{.connection = std::move(copy),
                               .caller = std::move(caller),
                               .reads = std::move(reads)});
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { Run(); });
  }
  return id;
}

base::CallerRef GrpcCallers::Find(uint64_t id) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = watched_.find(id);
  return found == watched_.end() ? nullptr : found->second.caller;
}

void GrpcCallers::Run() {
  while (true) {
    std::array<epoll_event, 64> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    if (count < 0 && errno != EINTR) {
      base::Log(base::Severity::kError, "gRPC: epoll_wait failed; connections are not forgotten");
      return;
    }
    for (int i = 0; i < count; ++i) {
      const uint64_t id = events.at(static_cast<size_t>(i)).data.u64;
      if (id == kStop) {
        return;
      }
      Forget(id);
    }
  }
}

void GrpcCallers::Forget(uint64_t id) {
  std::optional<Watched> ended;  // after the lock
  const absl::MutexLock lock(&mutex_);
  if (const auto found = watched_.find(id); found != watched_.end()) {
    ended = std::move(found->second);
    // Closing does not end it while gRPC's own descriptor is open: the end would be told for ever.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, ended->connection.get(), nullptr);
    watched_.erase(found);
  }
}

std::shared_ptr<Http2Budget> GrpcCallers::BudgetOf(const std::string& principal) {
  std::shared_ptr<Http2Budget>& budget = budgets_[principal];
  if (budget == nullptr) {
    budget = std::make_shared<Http2Budget>(requests_, base::BootTime());
  }
  return budget;
}

}  // namespace attestd::agent
