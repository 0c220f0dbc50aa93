// SPDX-License-Identifier: Apache-2.0
#include "rest/loop.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/epoll.h"
#include "base/file.h"
#include "base/log.h"
#include "rest/http_library.h"

namespace attestd::rest {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(5);
// epoll's words; exchanges count from 2.
constexpr uint64_t kMailbox = 0;
constexpr uint64_t kLibrary = 1;

}  // namespace

absl::StatusOr<std::unique_ptr<Loop>> Loop::Create(const House& house, const Limits& limits) {
  base::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) {
    return base::ErrnoStatus(errno, "REST: epoll");
  }
  std::unique_ptr<Loop> loop(new Loop(house, limits, std::move(epoll)));
  RETURN_IF_ERROR(loop->Start(limits));
  return loop;
}

absl::Status Loop::WatchBoth(int library) {
  RETURN_IF_ERROR(base::WatchDescriptor(epoll_.get(), house_.mailbox->event(), kMailbox, EPOLLIN));
  return base::WatchDescriptor(epoll_.get(), library, kLibrary, EPOLLIN);
}

void Loop::Run() {
  while (!over()) {
    Wait();
    TakeMail();
    clients_.HangUpOnLate();
    MHD_run(daemon_.get());
  }
  End();
}

bool Loop::over() const {
  return drain_by_.has_value() && (!clients_.busy() || drain_by_->Expired());
}

int Loop::TimeoutMs() {
  MHD_UNSIGNED_LONG_LONG left = 0;
  if (MHD_get_timeout(daemon_.get(), &left) == MHD_YES && left == 0) {
    return 0;
  }
  const base::Deadline next =
      base::Deadline::Earlier(clients_.next(), drain_by_.value_or(base::Deadline::Infinite()));
  return base::EpollTimeout(next.Remaining());
}

void Loop::Wait() {
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), TimeoutMs());
  if (count < 0 && errno != EINTR) {
    base::Log(base::Severity::kError, "REST: epoll_wait failed; its clients are dropped");
    drain_by_ = base::Deadline::After(absl::ZeroDuration());
  }
  for (int i = 0; i < count; ++i) {
    const uint64_t word = events.at(static_cast<size_t>(i)).data.u64;
    if (word != kMailbox && word != kLibrary) {
      OnHangUp(word);
    }
  }
}

void Loop::OnHangUp(uint64_t id) {
  if (const auto entry = entries_.find(id); entry != entries_.end()) {
    Unwatch(entry->second);
    entry->second.exchange->Stop();
  }
}

void Loop::TakeMail() {
  base::Mailbox::Mail mail = house_.mailbox->Take();
  for (base::Arrival& client : mail.arrivals) {
    Add(std::move(client));
  }
  for (base::Answer& answer : mail.answers) {
    const auto entry = entries_.find(answer.client);
    if (entry != entries_.end() && entry->second.suspended &&
        !entry->second.exchange->End(std::move(answer.reply))) {
      Resume(entry->second);
    }
  }
  if (mail.drain) {
    Drain();
  }
}

// The library closes the socket of a connection that is one too many.
void Loop::Add(base::Arrival client) {
  if (!drain_by_.has_value()) {
    constexpr sockaddr kNobody = {.sa_family = AF_UNIX, .sa_data = {}};
    const int socket = client.socket.release();
    clients_.Add(socket, std::move(client.caller));
    if (MHD_add_connection(daemon_.get(), socket, &kNobody, sizeof kNobody) != MHD_YES) {
      clients_.Remove(socket);
    }
  }
}

void Loop::Drain() {
  if (!drain_by_.has_value()) {
    drain_by_ = base::Deadline::After(kDrain);
    clients_.HangUpOnListeners();
  }
}

// The library must not end with suspended connections.
void Loop::End() {
  for (auto& [id, entry] : entries_) {
    if (entry.suspended) {
      Resume(entry);
    }
    entry.exchange->Stop();
  }
  daemon_.reset();
}

void Loop::Suspend(Entry& entry) {
  entry.suspended = true;
  const int socket = SocketOf(entry.connection);
  clients_.Work(socket);
  entry.watched =
      base::WatchDescriptor(epoll_.get(), socket, entry.exchange->id(), EPOLLRDHUP).ok();
  MHD_suspend_connection(entry.connection);
}

void Loop::Resume(Entry& entry) {
  Unwatch(entry);
  entry.suspended = false;
  MHD_resume_connection(entry.connection);
}

void Loop::Unwatch(Entry& entry) {
  if (std::exchange(entry.watched, false)) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, SocketOf(entry.connection), nullptr);
  }
}

}  // namespace attestd::rest
