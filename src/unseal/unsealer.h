// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_UNSEAL_UNSEALER_H_
#define ATTESTD_UNSEAL_UNSEALER_H_

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/call_context.h"
#include "base/status.h"
#include "unseal/secrets.h"

namespace attestd::unseal {

// What a sealed secret has to prove before it is opened.
struct UnsealPolicy {
  enum class Signature {
    kRequired,
    kSkip,  // header and signature are not looked at: whoever brings a text has it opened
  };
  Signature signature = Signature::kRequired;
  // Where the key lies whose "kid" is no KBS URI; empty: nowhere.
  std::string key_folder = {};
  // The values of "kid" that are believed. Empty: any, so that all who can place a key at the
  // broker can sign.
  std::vector<std::string> signers = {};
};

// Opens sealed secrets (api.SealedSecretService).
class Unsealer {
 public:
  using Done = Secrets::Done;

  // `secrets` outlives it, and it outlives the calls.
  Unsealer(UnsealPolicy policy, Secrets& secrets);
  Unsealer(const Unsealer&) = delete;
  Unsealer& operator=(const Unsealer&) = delete;
  ~Unsealer() = default;

  // The plaintext of a sealed secret, the field of UnsealSecretInput. Does not block but for a
  // small local file, and calls `done` exactly once, on any thread: with the secret, an error of
  // Secrets::Get, or InvalidArgument (kBadPacket, kBadUri, kSignatureRefused, kDoesNotDecrypt),
  // PermissionDenied (kSignatureRefused) or FailedPrecondition (kKeyUnfit). Nothing is asked of
  // `secrets` for a text that is malformed, and no secret before its signature is verified.
  void UnsealSecret(base::ByteView sealed, const base::CallContext& caller, const Done& done) const;

 private:
  struct Call;
  using CallRef = std::shared_ptr<const Call>;

  absl::StatusOr<CallRef> Begin(base::ByteView sealed, const base::CallContext& caller,
                                Done done) const;
  void Verify(const CallRef& call) const;
  void Open(const CallRef& call) const;
  Secrets::Result ReadKeyFile(const std::string& name) const;

  const UnsealPolicy policy_;
  Secrets& secrets_;
};

}  // namespace attestd::unseal

#endif  // ATTESTD_UNSEAL_UNSEALER_H_
