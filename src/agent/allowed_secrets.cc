// SPDX-License-Identifier: Apache-2.0
#include "agent/allowed_secrets.h"

#include <string>
#include <utility>

namespace attestd::agent {

void AllowedSecrets::Get(const kbs::ResourceUri& uri, const base::CallContext& caller, Done done) {
  absl::Status allowed = policy_.CheckResource(caller.caller, uri);
  if (!allowed.ok()) {
    if (caller.caller != nullptr) {
      audit_.Write({.caller = *caller.caller, .status = allowed, .resource = unseal::Shown(uri)});
    }
    done(std::move(allowed));
    return;
  }
  flights_.Get(
      uri, caller,
      [this, asker = caller.caller, resource = unseal::Shown(uri),
       done = std::move(done)](const ResourceFlights::Result& result) {
        if (!result.ok()) {
          audit_.Write({.caller = *asker, .status = result.status(), .resource = resource});
          done(result.status());
          return;
        }
        audit_.Write({.caller = *asker,
                      .status = absl::OkStatus(),
                      .resource = resource,
                      .broker = result->broker,
                      .evidence = result->evidence});
        done(result->secret);
      });
}

}  // namespace attestd::agent
