// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_KBS_CLIENT_H_
#define ATTESTD_KBS_CLIENT_KBS_CLIENT_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <string>

#include "base/deadline.h"
#include "base/http.h"
#include "base/secret.h"
#include "base/status.h"
#include "evidence/collector.h"
#include "kbs_client/handshake.h"
#include "kbs_client/resource_uri.h"

namespace attestd::kbs {

// One broker: holds its session and uses it again. Safe to call from many threads; callers that
// need a session while a handshake runs wait for that one.
class KbsClient {
 public:
  // The url is https://host[:port][/prefix]. The collector outlives the client.
  KbsClient(HandshakeOptions options, std::unique_ptr<base::HttpTransport> transport,
            evidence::Collector& collector);

  // The secret. A lost session is renewed once. Errors: NotFound, PermissionDenied (the broker's
  // policy), Unauthenticated (evidence refused), Unavailable, DeadlineExceeded, Internal (reply
  // rejected), and those of the TEE device.
  absl::StatusOr<base::Secret> GetResource(const ResourceUri& uri, base::Deadline deadline);
  // The attestation token (JWT) of a session whose token has not expired.
  absl::StatusOr<std::string> GetToken(base::Deadline deadline);

  bool HasSession() const;

 private:
  // shared_ptr: requests under way keep the session they began with while a newer one replaces it.
  using SessionRef = std::shared_ptr<const Session>;
  struct Flight;

  // The live session, or a new one when there is none or it is `stale`.
  absl::StatusOr<SessionRef> LiveSession(const Session* stale, base::Deadline deadline);
  absl::StatusOr<SessionRef> RunHandshake(Flight& flight, base::Deadline deadline);
  absl::StatusOr<base::Secret> Fetch(const ResourceUri& uri, const Session& session,
                                     base::Deadline deadline);

  const HandshakeOptions options_;
  const std::unique_ptr<base::HttpTransport> transport_;
  evidence::Collector& collector_;

  mutable absl::Mutex mutex_;
  SessionRef session_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Flight> flight_ ABSL_GUARDED_BY(mutex_);  // the handshake under way
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_KBS_CLIENT_H_
