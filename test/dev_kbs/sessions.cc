// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/sessions.h"

#include <utility>

#include "test/dev_kbs/kbs_message.h"

namespace attestd::dev_kbs {

std::string Session::Cookie() const {
  // IMF-fixdate (RFC 9110, 5.6.7).
  return std::string(kSessionCookie) + "=" + id +
         "; Expires=" + absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", expires, absl::UTCTimeZone());
}

void Sessions::Add(Session session, absl::Time now) {
  const absl::MutexLock lock(&mutex_);
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    it = it->second.expires <= now ? sessions_.erase(it) : std::next(it);
  }
  std::string id = session.id;
  sessions_.insert_or_assign(std::move(id), std::move(session));
}

absl::StatusOr<Session> Sessions::Find(const std::string& id, absl::Time now) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) {
    return base::MakeStatus(absl::StatusCode::kNotFound, "unknown session");
  }
  if (found->second.expires <= now) {
    return base::MakeStatus(absl::StatusCode::kOutOfRange, "session expired");
  }
  return found->second;
}

Attested Sessions::Attest(const std::string& id, Attested attested) {
  const absl::MutexLock lock(&mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) {
    return attested;
  }
  if (!found->second.attested.has_value()) {
    found->second.attested = std::move(attested);
  }
  return *found->second.attested;
}

}  // namespace attestd::dev_kbs
