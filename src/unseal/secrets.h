// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_UNSEAL_SECRETS_H_
#define ATTESTD_UNSEAL_SECRETS_H_

#include <functional>
#include <memory>
#include <string>

#include "base/call_context.h"
#include "base/secret.h"
#include "base/status.h"
#include "kbs_client/resource_uri.h"

namespace attestd::unseal {

// Where the secrets and keys lie that sealed secrets and key packets name. Whether the caller may
// have them is decided behind it.
class Secrets {
 public:
  // A secret that several may hold.
  using Result = absl::StatusOr<std::shared_ptr<const base::Secret>>;
  using Done = std::function<void(const Result&)>;

  Secrets() = default;
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;
  virtual ~Secrets() = default;

  // Does not block, and calls `done` exactly once, on any thread: with the secret, or an error of
  // kbs::Broker.
  virtual void Get(const kbs::ResourceUri& uri, const base::CallContext& caller, Done done) = 0;
};

// The URI for a message: without its query, which no message has.
std::string Shown(const kbs::ResourceUri& uri);

}  // namespace attestd::unseal

#endif  // ATTESTD_UNSEAL_SECRETS_H_
