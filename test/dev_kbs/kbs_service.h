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
#include "test/dev_kbs/disclosure.h"
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
  std::string resources;                          // folder
  const Protocol* protocol = &CurrentProtocol();  // never null
  std::string token_key = {};                     // PEM file; empty: a key of its own
  absl::Duration session_lifetime = absl::Minutes(5);
  Surroundings surroundings = RealSurroundings();
  Disclosure disclose = {};
};

// The broker without its HTTP: speaks one version of the KBS protocol as the Trustee of its time.
// Safe to call from many threads.
class KbsService {
 public:
  static absl::StatusOr<std::unique_ptr<KbsService>> Create(KbsOptions options);

  KbsAnswer Handle(const KbsRequest& request);
  // A token of this broker with other claims.
  absl::StatusOr<std::string> SignToken(const base::Json& claims) const;

 private:
  KbsService(KbsOptions options, Resources resources, TokenSigner signer);

  KbsAnswer Auth(const KbsRequest& request);
  KbsAnswer Attest(const KbsRequest& request);
  KbsAnswer RefuseAttest(const absl::Status& status) const;
  // What lies behind the prefix, neither auth nor attest.
  KbsAnswer CallPlugin(const KbsRequest& request, std::string_view rest) const;
  KbsAnswer GetResource(const KbsRequest& request, std::string_view resource) const;
  // The plugins "echo" and "clear": path and query as JSON, encrypted and not.
  KbsAnswer GetEcho(const KbsRequest& request, std::string_view plugin,
                    std::string_view path) const;
  KbsAnswer Encrypted(const base::Json& tee_pubkey, const base::Secret& plaintext,
                      const std::string& refused) const;
  KbsAnswer RefuseKey(const absl::Status& status, const std::string& refused) const;

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
