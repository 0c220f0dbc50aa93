// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_SESSIONS_H_
#define ATTESTD_TEST_DEV_KBS_SESSIONS_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/json.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// What a session is worth once its evidence was accepted.
struct Attested {
  std::string token;
  base::Json tee_pubkey;  // secrets are encrypted to it
};

struct Session {
  std::string id;
  std::string tee;
  std::string nonce;  // base64, as sent in the challenge
  absl::Time expires;
  std::optional<Attested> attested;

  // Value of Set-Cookie.
  std::string Cookie() const;
};

// The live sessions. Safe to call from many threads; sessions come out as copies.
class Sessions {
 public:
  // Also forgets the sessions that expired.
  void Add(Session session, absl::Time now);
  // NotFound "unknown session", OutOfRange "session expired".
  absl::StatusOr<Session> Find(const std::string& id, absl::Time now) const;
  // Keeps what an earlier call gave, and returns what is kept; unknown sessions keep nothing.
  Attested Attest(const std::string& id, Attested attested);

 private:
  mutable absl::Mutex mutex_;
  std::unordered_map<std::string, Session> sessions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_SESSIONS_H_
