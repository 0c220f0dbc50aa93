// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_KBS_CLIENT_H_
#define ATTESTD_KBS_CLIENT_KBS_CLIENT_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <string>

#include "base/http.h"
#include "kbs_client/breaker.h"
#include "kbs_client/broker.h"
#include "kbs_client/session_keeper.h"

namespace attestd::kbs {

// How requests show that they are attested.
enum class Credential {
  kCookie,  // the session's cookie: "background check"
  kBearer,  // the session's token, which another broker may have issued: "passport"
};

struct KbsClientOptions {
  std::string url;  // https://host[:port][/prefix], without a trailing slash
  Credential credential = Credential::kCookie;
  Breaker::Limits breaker = {};
  // A caller who leaves after so long without an answer counts as a failure of the broker.
  absl::Duration patience = absl::Seconds(5);
};

// A KBS: holds its session and uses it again, and stays away from it while it fails.
class KbsClient : public Broker {
 public:
  // Sessions of this KBS, or of the one that issues its passports. With `exported`, others of the
  // same, tokens are theirs and come with their keys: those of `sessions` leave in no case.
  KbsClient(KbsClientOptions options, std::shared_ptr<base::HttpTransport> transport,
            std::shared_ptr<SessionKeeper> sessions, const Random& random,
            std::shared_ptr<SessionKeeper> exported = nullptr);

  // A lost session is renewed once.
  void GetResource(const ResourceUri& uri, const base::CallContext& context, Done done) override;
  absl::StatusOr<Token> GetToken(const base::CallContext& context) override;
  State GetState() const override;

 private:
  // One call of GetResource.
  struct Request {
    ResourceUri uri;
    base::CallContext context;
    Done done;
    Breaker::Permit permit;
    absl::Duration began;
  };
  using RequestRef = std::shared_ptr<Request>;

  // Asks in a session other than the `lost` one; null: in any.
  void Attempt(const RequestRef& request, const Session* lost);
  void Fetch(const RequestRef& request, const SessionKeeper::SessionRef& session, bool first);
  void Conclude(const Request& request, absl::StatusOr<base::Secret> secret);
  absl::StatusOr<Breaker::Permit> Admit();
  void Report(Breaker::Permit permit, absl::Duration began, const absl::Status& status);

  const KbsClientOptions options_;
  const std::shared_ptr<base::HttpTransport> transport_;
  const std::shared_ptr<SessionKeeper> sessions_;
  const std::shared_ptr<SessionKeeper> exported_;  // may be null
  mutable absl::Mutex mutex_;
  Breaker breaker_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_KBS_CLIENT_H_
