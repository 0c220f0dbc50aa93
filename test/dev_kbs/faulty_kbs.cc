// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/faulty_kbs.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/text.h"
#include "test/dev_kbs/fault_json.h"
#include "test/dev_kbs/fault_jwe.h"
#include "test/dev_kbs/fault_token.h"
#include "test/dev_kbs/fault_wire.h"

namespace attestd::dev_kbs {
namespace {

constexpr int kOk = 200;

// Nothing for requests that are not of the protocol.
std::optional<Endpoint> EndpointOf(const KbsRequest& request) {
  if (!request.path.starts_with("/kbs/v0/")) {
    return std::nullopt;
  }
  if (request.path == "/kbs/v0/auth") {
    return Endpoint::kAuth;
  }
  return request.path == "/kbs/v0/attest" ? Endpoint::kAttest : Endpoint::kResource;
}

std::string Used(const FaultRule& rule, const absl::Status& status) {
  const std::string why(status.message());
  return " [" + base::Escaped(rule.text) + (status.ok() ? "]" : "] does not fit: " + why);
}

absl::StatusOr<std::string> NonceOf(const std::string& challenge) {
  ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(challenge));
  return base::GetString(json, "nonce");
}

}  // namespace

FaultyKbs::FaultyKbs(KbsService& kbs, FaultScript& script, LineSink sink)
    : kbs_(kbs), script_(script), sink_(std::move(sink)) {}

std::string FaultyKbs::Remember(Endpoint endpoint, const std::string& body) {
  const absl::MutexLock lock(&mutex_);
  return first_.try_emplace(endpoint, body).first->second;
}

absl::StatusOr<KbsAnswer> FaultyKbs::WithFault(const Fault& fault, Endpoint endpoint,
                                               KbsAnswer answer) {
  if (answer.status != kOk) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "the request was refused");
  }
  const std::string first = Remember(endpoint, answer.body);
  if (fault.word == "repeat-answer") {
    answer.body = first;
  } else if (fault.word == "repeat-nonce") {
    ASSIGN_OR_RETURN(const std::string nonce, NonceOf(first));
    ASSIGN_OR_RETURN(answer.body, WithJsonValue(answer.body, "/nonce", nonce));
  } else if (fault.word == "json-set") {
    ASSIGN_OR_RETURN(const base::Json value, base::ParseJson(fault.args[1]));
    ASSIGN_OR_RETURN(answer.body, WithJsonValue(answer.body, fault.args[0], value));
  } else if (fault.word == "json-bomb") {
    ASSIGN_OR_RETURN(answer.body, WithJsonBomb(answer.body, fault.args[0]));
  } else if (fault.word == "token") {
    ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(answer.body));
    ASSIGN_OR_RETURN(const std::string honest, base::GetString(json, "token"));
    const auto sign = [this](const base::Json& claims) { return kbs_.SignToken(claims); };
    ASSIGN_OR_RETURN(const std::string bad, BadToken(honest, fault.args[0], sign));
    ASSIGN_OR_RETURN(answer.body, WithJsonValue(answer.body, "/token", bad));
  } else {
    ASSIGN_OR_RETURN(answer.body, WithJweFault(fault, answer.body, answer.tee_pubkey));
  }
  return answer;
}

FaultyKbs::Spoilt FaultyKbs::Spoil(Endpoint endpoint, KbsAnswer answer) {
  const std::vector<FaultRule> rules = script_.Meet(endpoint);
  if (answer.status == kOk) {
    Remember(endpoint, answer.body);
  }
  Spoilt spoilt;
  for (const FaultRule& rule : rules) {
    if (rule.fault.stage == FaultStage::kAnswer) {
      absl::StatusOr<KbsAnswer> patched = WithFault(rule.fault, endpoint, answer);
      spoilt.used += Used(rule, patched.status());
      answer = patched.ok() ? *std::move(patched) : answer;
    }
  }
  spoilt.answer = HonestAnswer(answer);
  for (const FaultRule& rule : rules) {
    if (rule.fault.stage == FaultStage::kWire) {
      absl::StatusOr<WireAnswer> patched = WithWireFault(rule.fault, spoilt.answer);
      spoilt.used += Used(rule, patched.status());
      spoilt.answer = patched.ok() ? *std::move(patched) : spoilt.answer;
    }
  }
  return spoilt;
}

WireAnswer FaultyKbs::Answer(const KbsRequest& request) {
  KbsAnswer answer = kbs_.Handle(request);
  if (!answer.refusal.empty()) {
    sink_(base::Escaped(answer.refusal));
  }
  const std::optional<Endpoint> endpoint = EndpointOf(request);
  const Spoilt spoilt = endpoint.has_value() ? Spoil(*endpoint, std::move(answer))
                                             : Spoilt{.answer = HonestAnswer(answer), .used = ""};
  sink_(base::Escaped(request.method + " " + request.path) + " " +
        std::to_string(spoilt.answer.status) + spoilt.used);
  return spoilt.answer;
}

std::optional<WireAnswer> FaultyKbs::Accept() {
  const std::vector<FaultRule> rules = script_.Meet(Endpoint::kAccept);
  if (rules.empty()) {
    return std::nullopt;
  }
  WireAnswer answer;
  std::string line = "ACCEPT";
  for (const FaultRule& rule : rules) {
    absl::StatusOr<WireAnswer> patched = WithWireFault(rule.fault, answer);
    line += Used(rule, patched.status());
    answer = patched.ok() ? *std::move(patched) : answer;
  }
  sink_(line);
  return answer;
}

}  // namespace attestd::dev_kbs
