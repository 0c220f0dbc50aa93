// SPDX-License-Identifier: Apache-2.0
#include "agent/systemd_door.h"

#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/epoll.h"
#include "base/file.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

constexpr char kGetResource[] = "/api.GetResourceService/GetResource";
// epoll's word for the mailbox; connections count from 1.
constexpr uint64_t kMailbox = 0;

}  // namespace

// What the thread does, and all that only it touches.
class SystemdDoor::Loop {
 public:
  Loop(const SystemdClient::House& house, int epoll) : house_(house), epoll_(epoll) {}

  void Run() {
    while (!Ended()) {
      std::array<epoll_event, 64> events{};
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), Timeout());
      if (count < 0 && errno != EINTR) {
        base::Log(base::Severity::kError, "epoll_wait failed; systemd is served no more");
        break;
      }
      for (int i = 0; i < count; ++i) {
        OnEvent(events.at(static_cast<size_t>(i)));
      }
      TakeMail();
      Tick();
      Admit();
    }
    clients_.clear();  // stops their calls
  }

 private:
  struct Client {
    Client(const SystemdClient::House& house, uint64_t id, base::Arrival client)
        : connection(house, id, std::move(client)) {}

    SystemdClient connection;
    bool writing = false;  // epoll watches for room to write
  };
  using Clients = std::map<uint64_t, Client>;

  bool Ended() const {
    return drain_by_.has_value() &&
           ((clients_.empty() && waiting_.empty()) || drain_by_->Expired());
  }

  int Timeout() const {
    base::Deadline next = drain_by_.value_or(base::Deadline::Infinite());
    for (const auto& [id, client] : clients_) {
      next = base::Deadline::Earlier(next, client.connection.next_tick());
    }
    return base::EpollTimeout(next.Remaining());
  }

  void OnEvent(const epoll_event& event) {
    const uint64_t id = event.data.u64;  // a copy: the struct is packed
    const auto client = clients_.find(id);
    if (client == clients_.end()) {
      return;  // the mailbox's, or of a connection that has just ended
    }
    const bool left = (event.events & (EPOLLHUP | EPOLLERR)) != 0;
    Settle(client, !left && client->second.connection.Write());
  }

  void TakeMail() {
    base::Mailbox::Mail mail = house_.mailbox->Take();
    for (base::Arrival& client : mail.arrivals) {
      waiting_.push_back(std::move(client));
    }
    for (const base::Answer& answer : mail.answers) {
      if (const auto client = clients_.find(answer.client); client != clients_.end()) {
        Settle(client, client->second.connection.End(answer.reply));
      }
    }
    if (mail.drain && !drain_by_.has_value()) {
      drain_by_ = base::Deadline::After(house_.limits.drain);
      for (auto client = clients_.begin(); client != clients_.end();) {
        const auto next = std::next(client);
        Settle(client, client->second.connection.Drain());
        client = next;
      }
    }
  }

  void Admit() {
    while (!waiting_.empty() && clients_.size() < house_.limits.clients) {
      base::Arrival arrival = std::move(waiting_.front());
      waiting_.pop_front();
      const uint64_t id = ++last_id_;
      // Of a client that has said that it will write nothing, only its leaving is news.
      if (base::WatchDescriptor(epoll_, arrival.socket.get(), id, 0).ok()) {
        const auto client = clients_.try_emplace(id, house_, id, std::move(arrival)).first;
        SystemdClient& connection = client->second.connection;
        Settle(client, connection.Begin() && (!drain_by_.has_value() || connection.Drain()));
      }
    }
  }

  void Tick() {
    for (auto client = clients_.begin(); client != clients_.end();) {
      const auto next = std::next(client);
      if (client->second.connection.next_tick().Expired()) {
        Settle(client, client->second.connection.Tick());
      }
      client = next;
    }
  }

  // After anything that a connection did: forgets it when it is over, else watches for room when it
  // waits for that.
  void Settle(Clients::iterator client, bool lives) {
    auto& [id, state] = *client;
    if (!lives) {
      clients_.erase(client);
      return;
    }
    if (state.connection.wants_to_write() != state.writing) {
      state.writing = true;
      base::WatchDescriptor(epoll_, state.connection.socket(), id, EPOLLOUT, EPOLL_CTL_MOD)
          .IgnoreError();
    }
  }

  const SystemdClient::House& house_;
  const int epoll_;
  uint64_t last_id_ = kMailbox;
  Clients clients_;
  std::deque<base::Arrival> waiting_;  // for a place
  std::optional<base::Deadline> drain_by_;
};

absl::StatusOr<std::unique_ptr<SystemdDoor>> SystemdDoor::Open(
    const base::MethodTable& methods, std::vector<SystemdCredential> credentials,
    SystemdLimits limits) {
  const auto get_resource = methods.find(kGetResource);
  if (get_resource == methods.end()) {
    return absl::InternalError("systemd's door: there is no GetResource");
  }
  ASSIGN_OR_RETURN(std::shared_ptr<base::Mailbox> mailbox, base::MakeMailbox());
  base::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) {
    return base::ErrnoStatus(errno, "systemd's door: epoll");
  }
  RETURN_IF_ERROR(base::WatchDescriptor(epoll.get(), mailbox->event(), kMailbox, EPOLLIN));
  return std::unique_ptr<SystemdDoor>(new SystemdDoor(
      get_resource->second, std::move(credentials), limits, std::move(mailbox), std::move(epoll)));
}

SystemdDoor::SystemdDoor(const base::Method& get_resource,
                         std::vector<SystemdCredential> credentials, SystemdLimits limits,
                         std::shared_ptr<base::Mailbox> mailbox, base::UniqueFd epoll)
    : credentials_(std::move(credentials)),
      limits_(limits),
      house_({.get_resource = get_resource,
              .credentials = credentials_,
              .mailbox = std::move(mailbox),
              .limits = limits_}),
      epoll_(std::move(epoll)),
      thread_(house_.mailbox, [this] { Loop(house_, epoll_.get()).Run(); }) {}

}  // namespace attestd::agent
