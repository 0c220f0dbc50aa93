// SPDX-License-Identifier: Apache-2.0
#include "agent/broker_set.h"

#include <algorithm>
#include <cstdint>

#include "base/http_curl.h"

namespace attestd::agent {
namespace {

bool Answers(const BrokerConfig& config, std::string_view word) {
  if (word == config.name) {
    return true;
  }
  const auto url = base::ParseHttpUrl(config.url);
  return url.ok() && (word == url->host || word == url->host + ":" + url->port);
}

}  // namespace

BrokerSet::BrokerSet(std::vector<ConfiguredBroker> brokers, FailoverConfig failover)
    : brokers_(std::move(brokers)), failover_(failover) {
  std::stable_sort(brokers_.begin(), brokers_.end(), [](const auto& a, const auto& b) {
    return a.config.priority < b.config.priority;
  });
}

absl::StatusOr<BrokerSet::Candidates> BrokerSet::Select(std::string_view word) const {
  Candidates candidates;
  for (const ConfiguredBroker& broker : brokers_) {
    if (word.empty()) {
      candidates.push_back(&broker);
    } else if (Answers(broker.config, word)) {
      return Candidates{&broker};
    }
  }
  if (candidates.empty()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kUnknownBroker,
                            "the URI names a broker that is not configured");
  }
  std::stable_partition(candidates.begin(), candidates.end(),
                        [](const auto* broker) { return !broker->broker->GetState().failing; });
  return candidates;
}

absl::StatusOr<kbs::Token> BrokerSet::GetToken(const base::CallContext& context) const {
  ASSIGN_OR_RETURN(const Candidates candidates, Select(""));
  absl::Status first;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const auto left = static_cast<int64_t>(candidates.size() - i);
    absl::StatusOr<kbs::Token> token = candidates[i]->broker->GetToken(
        context.Until(base::Deadline::After(context.deadline.Remaining() / left)));
    if (token.ok() ||
        !(absl::IsUnavailable(token.status()) || absl::IsDeadlineExceeded(token.status()))) {
      return token;
    }
    first = first.ok() ? token.status() : first;
  }
  return first;
}

}  // namespace attestd::agent
