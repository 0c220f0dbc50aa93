// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_BROKER_ERROR_H_
#define ATTESTD_KBS_CLIENT_BROKER_ERROR_H_

#include "base/http.h"
#include "base/status.h"
#include "kbs_client/protocol.h"

namespace attestd::kbs {

// Which request the broker answered, and in which protocol.
enum class Endpoint { kAuth, kAttest, kResource };
struct Question {
  Endpoint endpoint = Endpoint::kResource;
  Protocol protocol = Protocol::k040;
};

// The status for an answer that is not 200. Trustee answers 401 to nearly everything, so the last
// path segment of the body's "type" decides (trustee kbs/src/error.rs). Upstream text never enters
// the message; of a version mismatch only the version numbers do (NamedVersion). A wait that the
// broker asked for is RetryAfter.
absl::Status BrokerError(Question question, const base::HttpResponse& response);

// True when the session is gone (expired, unknown, refused token): a new handshake may help.
bool IsSessionLost(const absl::Status& status);

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_BROKER_ERROR_H_
