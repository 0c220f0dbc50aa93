// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_OFFLINE_BROKER_H_
#define ATTESTD_KBS_CLIENT_OFFLINE_BROKER_H_

#include <map>
#include <string>
#include <string_view>

#include "kbs_client/broker.h"

namespace attestd::kbs {

// Secrets that are in the VM already, in files of guest-components' "offline_fs" form: a JSON
// object from "repository/type/tag" to padded Base64. Nothing is attested.
class OfflineBroker : public Broker {
 public:
  // The text of one more file, before the first request; a later one wins. InvalidArgument naming
  // the key and what is wrong with it, never its value.
  absl::Status Add(std::string_view text);

  void GetResource(const ResourceUri& uri, const base::CallContext& context, Done done) override;
  // FailedPrecondition: there is no token without a KBS.
  absl::StatusOr<Token> GetToken(const base::CallContext& context) override;
  State GetState() const override { return {}; }

 private:
  using Secrets = std::map<std::string, base::Secret, std::less<>>;

  Secrets secrets_;
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_OFFLINE_BROKER_H_
