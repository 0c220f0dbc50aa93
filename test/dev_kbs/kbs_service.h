// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_KBS_SERVICE_H_
#define ATTESTD_TEST_DEV_KBS_KBS_SERVICE_H_

#include <absl/time/time.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "test/dev_kbs/kbs_message.h"
#include "test/dev_kbs/policy.h"
#include "test/dev_kbs/resources.h"
#include "test/dev_kbs/sessions.h"
#include "test/dev_kbs/token.h"

namespace attestd::dev_kbs {

// What the broker takes from outside; tests put their own in.
struct Surroundings {
  std::function<absl::Time()> now = absl::Now;
  // Fills nonces and session names.
  std::function<absl::StatusOr<base::Bytes>(size_t size)> random;
};
// The wall clock and OpenSSL's random numbers.
Surroundings RealSurroundings();

struct KbsOptions {
  Policy policy;
  std::string resources;  // folder
  absl::Duration session_lifetime = absl::Minutes(5);
  Surroundings surroundings = RealSurroundings();
};

// The broker without its HTTP: speaks KBS protocol 0.4.0 as Trustee 0.14 and later. Safe to call
// from many threads.
class KbsService {
 public:
  static absl::StatusOr<std::unique_ptr<KbsService>> Create(KbsOptions options);

  KbsAnswer Handle(const KbsRequest& request);

 private:
  KbsService(KbsOptions options, Resources resources, TokenSigner signer);

  KbsAnswer Auth(const KbsRequest& request);
  KbsAnswer Attest(const KbsRequest& request);
  KbsAnswer GetResource(const KbsRequest& request, std::string_view resource) const;

  // The TEE key that the session or the token stands for. NotFound: there is neither.
  absl::StatusOr<base::Json> AuthorizedKey(const KbsRequest& request) const;
  absl::StatusOr<Session> NewSession(const std::string& tee) const;
  // The session after its evidence was accepted, now or earlier. Anything else is the reason for
  // the log.
  absl::StatusOr<Session> AttestSession(const KbsRequest& request);
  absl::StatusOr<Attested> Judge(const Session& session, const Attestation& attestation) const;

  const KbsOptions options_;
  const Resources resources_;
  const TokenSigner signer_;
  Sessions sessions_;
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_KBS_SERVICE_H_
