// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KEYPROVIDER_KEY_PROVIDER_H_
#define ATTESTD_KEYPROVIDER_KEY_PROVIDER_H_

#include <string>

#include "base/bytes.h"
#include "base/call_context.h"
#include "base/secret.h"
#include "base/status.h"
#include "keyprovider/protocol.h"
#include "unseal/secrets.h"

namespace attestd::keyprovider {

struct KeyProviderPolicy {
  // Where the files lie that "keypath" may name when a key is wrapped; empty: nowhere.
  std::string key_folder = {};
};

// Wraps and unwraps the keys of encrypted image layers (keyprovider.KeyProviderService): the
// options of a layer, JSON with its key, under a key of 32 bytes at a broker.
class KeyProvider {
 public:
  using Done = unseal::Secrets::Done;

  // `secrets` outlives it, and it outlives the calls.
  KeyProvider(KeyProviderPolicy policy, unseal::Secrets& secrets);
  KeyProvider(const KeyProvider&) = delete;
  KeyProvider& operator=(const KeyProvider&) = delete;
  ~KeyProvider() = default;

  // Both take the field of KeyProviderKeyWrapProtocolInput and give that of the output. They do
  // not block but for a small local file, and call `done` exactly once, on any thread: with the
  // output, an error of Secrets::Get, or InvalidArgument (kBadPacket, kBadUri, kDoesNotDecrypt) or
  // FailedPrecondition (kKeyUnfit).
  void UnWrapKey(base::ByteView input, const base::CallContext& caller, const Done& done) const;
  // The input has the layer's key, and is wiped.
  void WrapKey(base::Secret input, const base::CallContext& caller, const Done& done) const;

 private:
  unseal::Secrets::Result ReadKeyFile(const std::string& path) const;

  const KeyProviderPolicy policy_;
  unseal::Secrets& secrets_;
};

}  // namespace attestd::keyprovider

#endif  // ATTESTD_KEYPROVIDER_KEY_PROVIDER_H_
