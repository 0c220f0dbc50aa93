// SPDX-License-Identifier: Apache-2.0
#include "agent/systemd_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/peer.h"
#include "proto/confidential_data_hub.pb.h"

namespace attestd::agent {
namespace {

// systemd, creds-util.h, CREDENTIAL_SIZE_MAX: what it takes for a unit.
constexpr size_t kMaxCredential = size_t{1} << 20;
// More than anything that it reads: fileio.c, READ_FULL_BYTES_MAX is 64 MiB, which it rounds up to
// what its allocator gives.
constexpr size_t kRefusal = size_t{65} << 20;
constexpr std::array<uint8_t, size_t{64} << 10> kZeros{};
// As long as a caller of ours may wait.
constexpr absl::Duration kTry = absl::Seconds(60);

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status);
}

absl::StatusOr<std::string> PeerPath(int socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return base::ErrnoStatus(errno, "getpeername");
  }
  if (address.sun_family != AF_UNIX) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "it is no unix socket");
  }
  const size_t path = std::min(size_t{size}, sizeof address);
  constexpr size_t kFront = offsetof(sockaddr_un, sun_path);
  return std::string(&address.sun_path[0], path > kFront ? path - kFront : 0);
}

absl::Status CheckPeer(int socket, uid_t wanted) {
  ASSIGN_OR_RETURN(const std::optional<base::Peer> peer, base::ReadPeer(socket));
  return peer.has_value() && peer->uid == wanted
             ? absl::OkStatus()
             : base::MakeStatus(absl::StatusCode::kPermissionDenied,
                                "the client runs as uid " +
                                    (peer.has_value() ? std::to_string(peer->uid) : "unknown") +
                                    ", and only systemd's uid " + std::to_string(wanted) +
                                    " is served");
}

}  // namespace

SystemdClient::SystemdClient(const House& house, uint64_t id, base::Arrival client)
    : house_(house),
      id_(id),
      socket_(std::move(client.socket)),
      caller_(std::move(client.caller)),
      backoff_(house.limits.pause, kbs::SecureRandom) {}

SystemdClient::~SystemdClient() { stop_.request_stop(); }

absl::Status SystemdClient::Learn() {
  RETURN_IF_ERROR(CheckPeer(socket(), house_.limits.peer));
  ASSIGN_OR_RETURN(const std::string path, PeerPath(socket()));
  ASSIGN_OR_RETURN(asked_, ParseSystemdAddress(path));
  return absl::OkStatus();
}

bool SystemdClient::Begin() {
  if (const absl::Status learned = Learn(); !learned.ok()) {
    return Refuse(base::StatusText(learned),
                  "use this socket in LoadCredential= or as the key file of crypttab only");
  }
  credential_ = FindCredential(house_.credentials, asked_);
  if (credential_ == nullptr) {
    return Refuse("nothing is configured for it",
                  asked_.unit.empty()
                      ? "write [[systemd_credential]] with this volume, and uri"
                      : "write [[systemd_credential]] with this unit and name, and uri");
  }
  give_up_ = base::Deadline::After(credential_->wait);
  return Ask();
}

bool SystemdClient::Ask() {
  const base::Deadline deadline = base::Deadline::After(kTry);
  state_ = State::kAsking;
  tick_ = deadline;
  stop_ = std::stop_source();
  api::GetResourceRequest request;
  request.set_resourcepath(credential_->uri);
  const std::string bytes = request.SerializeAsString();
  house_.mailbox->CallBegins();
  house_.get_resource(base::AsBytes(bytes),
                      {.deadline = deadline, .stop = stop_.get_token(), .caller = caller_},
                      [mailbox = house_.mailbox, id = id_](absl::StatusOr<base::Reply> reply) {
                        mailbox->Put({.client = id, .request = 0, .reply = std::move(reply)});
                      });
  return true;
}

bool SystemdClient::End(const absl::StatusOr<base::Reply>& reply) {
  tick_ = base::Deadline::Infinite();
  if (reply.ok()) {
    return Give(reply->secret);
  }
  const absl::Duration pause = backoff_.Next();
  if (!MayPass(reply.status())) {
    return Refuse(base::StatusText(reply.status()), "see the log line of this request");
  }
  if (draining_ || give_up_.Remaining() < pause) {
    return Refuse(base::StatusText(reply.status()),
                  "raise wait of its [[systemd_credential]], and start it again");
  }
  base::Log(base::Severity::kNotice, "systemd waits for a secret that cannot be had yet",
            {{"for", Asked()}, {"cause", base::StatusText(reply.status())}});
  state_ = State::kPausing;
  tick_ = base::Deadline::After(pause);
  return true;
}

bool SystemdClient::Give(std::shared_ptr<const base::Secret> secret) {
  const size_t size = secret != nullptr ? secret->size() : 0;
  if (!asked_.unit.empty() && size > kMaxCredential) {
    return Refuse("it has " + std::to_string(size) + " bytes",
                  "keep it below the 1 MiB that systemd takes");
  }
  secret_ = std::move(secret);
  return StartWriting(size);
}

bool SystemdClient::Refuse(std::string_view why, std::string_view what_to_do) {
  base::Log(
      base::Severity::kWarning, "systemd is refused a secret",
      {{"for", Asked()}, {"cause", std::string(why)}, {"what_to_do", std::string(what_to_do)}});
  return StartWriting(kRefusal);
}

std::string SystemdClient::Asked() const {
  if (asked_.name.empty()) {
    return "an unknown client";
  }
  return asked_.unit.empty() ? "volume " + asked_.name
                             : "unit " + asked_.unit + ", credential " + asked_.name;
}

bool SystemdClient::StartWriting(size_t size) {
  state_ = State::kWriting;
  size_ = size;
  tick_ = base::Deadline::After(house_.limits.write);
  return Write();
}

bool SystemdClient::Write() {
  while (sent_ < size_) {
    const base::ByteView rest =
        secret_ != nullptr ? secret_->view().subspan(sent_)
                           : base::ByteView(kZeros).first(std::min(kZeros.size(), size_ - sent_));
    const ssize_t sent = ::send(socket(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent < 0) {
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    sent_ += static_cast<size_t>(sent);
  }
  if (secret_ != nullptr || size_ == 0) {
    base::Log(base::Severity::kInfo, "systemd was given a secret", {{"for", Asked()}});
  }
  return false;
}

bool SystemdClient::Tick() {
  tick_ = base::Deadline::Infinite();
  switch (state_) {
    case State::kAsking:
      stop_.request_stop();  // the answer comes soon
      return true;
    case State::kPausing:
      return Ask();
    case State::kWriting:
      break;
  }
  base::Log(base::Severity::kWarning, "systemd does not read what it asked for, and is dropped",
            {{"for", Asked()}});
  return false;
}

bool SystemdClient::Drain() {
  draining_ = true;
  if (state_ == State::kPausing) {
    return Refuse("attestd ends", "start it again when attestd is there");
  }
  if (state_ == State::kAsking) {
    tick_ = base::Deadline::Earlier(tick_, base::Deadline::After(house_.limits.finish));
  }
  return true;
}

}  // namespace attestd::agent
