// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_ALLOWED_SECRETS_H_
#define ATTESTD_AGENT_ALLOWED_SECRETS_H_

#include "agent/audit.h"
#include "agent/current_policy.h"
#include "agent/resource_flights.h"
#include "unseal/secrets.h"

namespace attestd::agent {

// Secrets from the brokers, for those who may have them: the one way to them, whatever was asked.
// Each release and denial is in the audit log. A denial asks no broker.
class AllowedSecrets : public unseal::Secrets {
 public:
  // All outlive it.
  AllowedSecrets(ResourceFlights& flights, const CurrentPolicy& policy, Audit& audit)
      : flights_(flights), policy_(policy), audit_(audit) {}

  void Get(const kbs::ResourceUri& uri, const base::CallContext& caller, Done done) override;

 private:
  ResourceFlights& flights_;
  const CurrentPolicy& policy_;
  Audit& audit_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_ALLOWED_SECRETS_H_
