// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_BROKER_H_
#define ATTESTD_KBS_CLIENT_BROKER_H_

#include <functional>
#include <string>

#include "base/call_context.h"
#include "base/secret.h"
#include "base/status.h"
#include "kbs_client/resource_uri.h"

namespace attestd::kbs {

// A broker's word on this platform.
struct Token {
  base::Secret jwt;
  // The private TEE key that it names, PEM (TeeKey::PrivatePem); empty where it stays here.
  base::Secret key;
};

// Where secrets come from. Safe to call from many threads.
class Broker {
 public:
  Broker() = default;
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  virtual ~Broker() = default;

  using Done = std::function<void(absl::StatusOr<base::Secret>)>;
  // One try; the broker part of the URI is not looked at. Does not block: calls `done` exactly
  // once, on this thread or another, soon after the caller's stop was requested, which it must be
  // by its deadline. The broker outlives the request. Errors: NotFound, PermissionDenied (the
  // broker's policy), Unauthenticated (evidence refused), Unavailable (another try may help, not
  // before RetryAfter), DeadlineExceeded, Cancelled, Internal (reply rejected), FailedPrecondition
  // (protocol version), and those of the TEE device.
  virtual void GetResource(const ResourceUri& uri, const base::CallContext& context, Done done) = 0;
  // The attestation token of a session whose token has not expired. Blocks. Errors as above.
  virtual absl::StatusOr<Token> GetToken(const base::CallContext& context) = 0;

  struct State {
    bool session = false;  // a live attested session is held
    bool failing = false;  // no request is let through just now
    // "sha256:..." of the message that carried the evidence of the session; empty without.
    std::string evidence = {};
  };
  virtual State GetState() const = 0;
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_BROKER_H_
