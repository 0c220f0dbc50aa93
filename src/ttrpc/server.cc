// SPDX-License-Identifier: Apache-2.0
#include "ttrpc/server.h"

#include <array>
#include <cerrno>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/epoll.h"
#include "base/file.h"
#include "base/guarded.h"
#include "base/log.h"

namespace attestd::ttrpc {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(5);
// Bytes read at once from one client, so that none keeps the others waiting.
constexpr size_t kScratchBytes = size_t{64} << 10;
// epoll's word for the mailbox; connections count from 1.
constexpr uint64_t kMailbox = 0;

}  // namespace

// What the thread does, and all that only it touches.
class Server::Loop {
 public:
  Loop(const Connection::House& house, int epoll) : house_(house), epoll_(epoll) {}

  void Run() {
    while (!drain_by_.has_value() || !(connections_.empty() || drain_by_->Expired())) {
      std::array<epoll_event, 64> events{};
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), Timeout());
      if (count < 0 && errno != EINTR) {
        base::Log(base::Severity::kError, "epoll_wait failed; no more ttRPC is served");
        break;
      }
      for (int i = 0; i < count; ++i) {
        OnEvent(events.at(static_cast<size_t>(i)));
      }
      TakeMail();
      Tick();
    }
    // Stops their calls.
    connections_.clear();
  }

 private:
  struct Client {
    Client(const Connection::House& house, uint64_t id, base::Arrival client)
        : connection(house, id, std::move(client)) {}

    Connection connection;
    bool writing = false;                              // epoll watches for room to write
    base::Deadline tick = base::Deadline::Infinite();  // as in ticks_
  };
  using Clients = std::map<uint64_t, Client>;

  // A client for whom there is no memory is hung up on.
  template <typename Step>
  static bool Lives(const Step& step) {
    bool lives = false;
    base::Guarded([&] {
      lives = step();
      return absl::OkStatus();
    }).IgnoreError();
    return lives;
  }

  int Timeout() const {
    base::Deadline next = ticks_.empty() ? base::Deadline::Infinite() : ticks_.begin()->first;
    next = base::Deadline::Earlier(next, drain_by_.value_or(base::Deadline::Infinite()));
    return base::EpollTimeout(next.Remaining());
  }

  void OnEvent(const epoll_event& event) {
    const uint64_t id = event.data.u64;  // a copy: the struct is packed
    const auto client = connections_.find(id);
    if (client == connections_.end()) {
      return;  // the mailbox's, or of a connection that has just ended
    }
    Connection& connection = client->second.connection;
    Settle(client, Lives([&] {
             const bool writes = (event.events & EPOLLOUT) != 0;
             const bool reads = (event.events & ~uint32_t{EPOLLOUT}) != 0;
             return (!writes || connection.Write()) && (!reads || connection.Read(scratch_));
           }));
  }

  void TakeMail() {
    base::Mailbox::Mail mail = house_.mailbox->Take();
    for (base::Arrival& client : mail.arrivals) {
      Add(std::move(client));
    }
    for (const base::Answer& answer : mail.answers) {
      if (const auto client = connections_.find(answer.client); client != connections_.end()) {
        Settle(client, Lives([&] { return client->second.connection.End(answer); }));
      }
    }
    if (mail.drain && !drain_by_.has_value()) {
      drain_by_ = base::Deadline::After(kDrain);
      for (auto client = connections_.begin(); client != connections_.end();) {
        client->second.connection.Drain();
        Settle(client++, true);
      }
    }
  }

  void Add(base::Arrival client) {
    const uint64_t id = ++last_id_;
    const int fd = client.socket.get();
    if (drain_by_.has_value() || !base::WatchDescriptor(epoll_, fd, id, EPOLLIN).ok()) {
      return;
    }
    connections_.try_emplace(id, house_, id, std::move(client));
  }

  void Tick() {
    while (!ticks_.empty() && ticks_.begin()->first.Expired()) {
      const uint64_t id = ticks_.begin()->second;
      ticks_.erase(ticks_.begin());
      const auto client = connections_.find(id);
      client->second.tick = base::Deadline::Infinite();
      Settle(client, client->second.connection.Tick());
    }
  }

  // After anything that a connection did: forgets it when it is over, else watches for what it now
  // waits for.
  void Settle(Clients::iterator client, bool lives) {
    auto& [id, state] = *client;
    const Connection& connection = state.connection;
    if (!lives || (drain_by_.has_value() && connection.idle())) {
      ticks_.erase({state.tick, id});
      connections_.erase(client);
      return;
    }
    if (connection.wants_to_write() != state.writing) {
      state.writing = !state.writing;
      const uint32_t events = state.writing ? EPOLLIN | EPOLLOUT : EPOLLIN;
      base::WatchDescriptor(epoll_, connection.socket(), id, events, EPOLL_CTL_MOD).IgnoreError();
    }
    if (connection.next_tick() < state.tick) {
      ticks_.erase({state.tick, id});
      state.tick = connection.next_tick();
      ticks_.insert({state.tick, id});
    }
  }

  const Connection::House& house_;
  const int epoll_;
  std::vector<uint8_t> scratch_ = std::vector<uint8_t>(kScratchBytes);
  uint64_t last_id_ = kMailbox;
  Clients connections_;
  std::set<std::pair<base::Deadline, uint64_t>> ticks_;  // at most one for each connection
  std::optional<base::Deadline> drain_by_;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const base::MethodTable& methods,
                                                       Limits limits) {
  ASSIGN_OR_RETURN(std::shared_ptr<base::Mailbox> mailbox, base::MakeMailbox());
  base::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) {
    return base::ErrnoStatus(errno, "ttRPC: epoll");
  }
  RETURN_IF_ERROR(base::WatchDescriptor(epoll.get(), mailbox->event(), kMailbox, EPOLLIN));
  return std::unique_ptr<Server>(new Server(
      {.methods = methods, .mailbox = std::move(mailbox), .limits = limits}, std::move(epoll)));
}

Server::Server(Connection::House house, base::UniqueFd epoll)
    : house_(std::move(house)),
      epoll_(std::move(epoll)),
      thread_(house_.mailbox, [this] { Loop(house_, epoll_.get()).Run(); }) {}

}  // namespace attestd::ttrpc
