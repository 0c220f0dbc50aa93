// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_AS_CLIENT_H_
#define ATTESTD_KBS_CLIENT_AS_CLIENT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/call_context.h"
#include "base/http.h"
#include "base/status.h"
#include "evidence/collector.h"

namespace attestd::kbs {

struct AsClientOptions {
  std::string url;                    // https://host[:port][/prefix], without a trailing slash
  std::vector<std::string> policies;  // empty: the service's "default"
  std::string init_data = {};         // its text; empty without
};

// An attestation service of Trustee (RESTful AS), asked without a KBS between. Safe to call from
// many threads.
class AsClient {
 public:
  // `collector` outlives the client.
  AsClient(AsClientOptions options, std::shared_ptr<base::HttpTransport> transport,
           evidence::Collector& collector)
      : options_(std::move(options)), transport_(std::move(transport)), collector_(collector) {}

  // A new token (JWT): evidence is bound to the service's challenge, or where it gives none to a
  // random nonce, which the token then names. Blocks. Errors name the step ("challenge",
  // "evidence" or "attestation"): Unauthenticated (evidence refused), Unavailable,
  // DeadlineExceeded, Cancelled, Internal (reply rejected), and those of the TEE device.
  absl::StatusOr<std::string> GetToken(const base::CallContext& context);

 private:
  absl::StatusOr<std::string> Challenge(const base::CallContext& context);
  absl::StatusOr<std::string> Evidence(const std::string& nonce, const base::CallContext& context);
  absl::StatusOr<base::HttpResponse> Post(const std::string& path, std::string body,
                                          const base::CallContext& context);

  const AsClientOptions options_;
  const std::shared_ptr<base::HttpTransport> transport_;
  evidence::Collector& collector_;
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_AS_CLIENT_H_
