// SPDX-License-Identifier: Apache-2.0
#include "agent/broker_set.h"

#include "base/http_curl.h"

namespace attestd::agent {
namespace {

bool Answers(const BrokerConfig& config, std::string_view word) {
  if (word.empty() || word == config.name) {
    return true;
  }
  const auto url = base::ParseHttpUrl(config.url);
  return url.ok() && (word == url->host || word == url->host + ":" + url->port);
}

}  // namespace

absl::StatusOr<kbs::KbsClient*> BrokerSet::Select(std::string_view word) const {
  for (const Broker& broker : brokers_) {
    if (Answers(broker.config, word)) {
      return broker.client.get();
    }
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kUnknownBroker,
                          "the URI names a broker that is not configured");
}

}  // namespace attestd::agent
