// SPDX-License-Identifier: Apache-2.0
#include "agent/reception.h"

#include <fnmatch.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/peer.h"

namespace attestd::agent {
namespace {

absl::Status Stranger(std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kPermissionDenied, base::Reason::kNotAllowed, why);
}

bool Matches(const std::vector<std::string>& patterns, const std::string& cgroup) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), cgroup.c_str(), 0) == 0;
  });
}

}  // namespace

// One has two descriptors with gRPC; the rest is for brokers, devices and files.
size_t MostConnections() {
  constexpr rlim_t kForOthers = 128;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<size_t>((std::max(limit.rlim_cur, 2 * kForOthers) - kForOthers) / 2);
}

absl::StatusOr<base::CallerRef> Reception::Admit(int socket, const AccessConfig& access) {
  absl::StatusOr<base::Caller> caller = Identify(socket, access);
  absl::StatusOr<base::CallerRef> let_in = caller.ok()
                                               ? Register(*caller, access.never_refuse)
                                               : absl::StatusOr<base::CallerRef>(caller.status());
  if (!let_in.ok()) {
    base::Caller nobody;
    nobody.principal = access.principal;
    const absl::StatusOr<std::optional<base::Peer>> peer = base::ReadPeer(socket);
    nobody.peer = peer.ok() ? *peer : std::nullopt;
    nobody.method = "connect";
    audit_.Write({.caller = nobody, .status = let_in.status()});
  }
  return let_in;
}

absl::StatusOr<base::Caller> Reception::Identify(int socket, const AccessConfig& access) const {
  base::Caller caller;
  caller.principal = access.principal;
  ASSIGN_OR_RETURN(caller.peer, base::ReadPeer(socket));
  if (!caller.peer.has_value()) {
    // Of loopback the configuration says that whoever is there may ask.
    return access.uids.empty() && access.cgroups.empty()
               ? absl::StatusOr<base::Caller>(std::move(caller))
               : Stranger("the socket does not say who connects");
  }
  if (access.never_refuse) {
    return caller;
  }
  const base::Peer& peer = *caller.peer;
  if (!access.uids.empty() &&
      std::find(access.uids.begin(), access.uids.end(), peer.uid) == access.uids.end()) {
    return Stranger("the uid is not in allow_uids");
  }
  if (peer.pid == 0 && !access.named) {
    return Stranger(
        "the process is outside of our process namespace, and the listener has no "
        "principal of its own");
  }
  const absl::StatusOr<std::string> cgroup = base::ReadPeerCgroup(socket, peer);
  caller.container = cgroup.ok() ? base::ContainerId(*cgroup) : "";
  if (!access.cgroups.empty() && (!cgroup.ok() || !Matches(access.cgroups, *cgroup))) {
    return Stranger("the cgroup is not in allow_cgroups, or is hidden from attestd");
  }
  return caller;
}

absl::StatusOr<base::CallerRef> Reception::Register(base::Caller caller, bool anyway) {
  const absl::MutexLock lock(&mutex_);
  size_t& connected = connected_[caller.principal];
  if (!anyway && (connected >= limits_.connections || all_ >= most_)) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kTooManyRequests,
                            "too many connections: [limits] connections");
  }
  ++connected;
  ++all_;
  return base::CallerRef(new base::Caller(std::move(caller)), [this](const base::Caller* gone) {
    Leave(gone->principal);
    delete gone;
  });
}

void Reception::Leave(const std::string& principal) {
  const absl::MutexLock lock(&mutex_);
  --connected_[principal];
  --all_;
}

}  // namespace attestd::agent
