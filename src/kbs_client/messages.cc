// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/messages.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"

namespace attestd::kbs {
namespace {

using base::Json;

constexpr size_t kMinNonce = 16;  // Trustee's has 44: 32 random bytes in Base64
constexpr size_t kMaxNonce = 1024;

absl::Status Rejected(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kReplyRejected, what);
}

// The same text as a rejected reply.
absl::Status Rejected(std::string_view where, const absl::Status& cause) {
  const auto message = cause.message();
  return Rejected(std::string(where) + ": " + std::string(message.data(), message.size()));
}

absl::StatusOr<base::HashAlgorithm> SelectedHash(const Json& challenge) {
  const auto params = challenge.find("extra-params");
  if (params == challenge.end() || params->is_null() || params->is_string()) {
    return base::HashAlgorithm::kSha384;
  }
  if (!params->is_object()) {
    return Rejected("challenge: extra-params is neither a string nor an object");
  }
  const auto selected = params->find("selected-hash-algorithm");
  if (selected == params->end()) {
    return base::HashAlgorithm::kSha384;
  }
  if (!selected->is_string()) {
    return Rejected("challenge: selected-hash-algorithm is not a string");
  }
  auto hash = base::ParseHashAlgorithm(selected->get_ref<const std::string&>());
  return hash.ok() ? hash : Rejected("challenge", hash.status());
}

}  // namespace

absl::StatusOr<std::string> BuildRequest(Protocol protocol, std::string_view tee) {
  std::string name(tee);
  if (protocol != Protocol::k040) {
    std::erase(name, '-');
  }
  return base::DumpJson(
      {{"version", ProtocolText(protocol)},
       {"tee", name},
       {"extra-params", {{"supported-hash-algorithms", {"sha256", "sha384", "sha512"}}}}});
}

absl::StatusOr<Challenge> ParseChallenge(std::string_view body) {
  const auto json = base::ParseJson(body);
  if (!json.ok()) {
    return Rejected("challenge", json.status());
  }
  auto nonce = base::GetString(*json, "nonce");
  if (!nonce.ok()) {
    return Rejected("challenge", nonce.status());
  }
  if (nonce->size() < kMinNonce || nonce->size() > kMaxNonce) {
    return Rejected("challenge: the nonce has not 16 to 1024 bytes");
  }
  ASSIGN_OR_RETURN(const base::HashAlgorithm hash, SelectedHash(*json));
  return Challenge{.nonce = *std::move(nonce), .hash = hash};
}

absl::StatusOr<std::string> BuildAttestation(const evidence::RuntimeData& runtime_data,
                                             const evidence::CompositeEvidence& evidence,
                                             std::string_view init_data) {
  ASSIGN_OR_RETURN(Json primary, base::ParseJson(evidence.primary.json));
  Json attestation = {
      {"init-data",
       init_data.empty() ? Json(nullptr) : Json{{"format", "toml"}, {"body", init_data}}},
      {"runtime-data",
       {{"nonce", runtime_data.nonce()}, {"tee-pubkey", runtime_data.tee_pubkey()}}},
      {"tee-evidence",
       {{"primary_evidence", std::move(primary)}, {"additional_evidence", evidence.additional}}}};
  return base::DumpJson(attestation);
}

absl::StatusOr<std::string> BuildPlainAttestation(const evidence::RuntimeData& runtime_data,
                                                  const evidence::Evidence& evidence) {
  ASSIGN_OR_RETURN(Json tee_evidence, base::ParseJson(evidence.json));
  return base::DumpJson(
      {{"tee-pubkey", runtime_data.tee_pubkey()}, {"tee-evidence", std::move(tee_evidence)}});
}

}  // namespace attestd::kbs
