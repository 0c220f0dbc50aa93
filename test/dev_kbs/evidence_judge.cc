// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/evidence_judge.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "appraisal/appraisal.h"
#include "base/hash.h"
#include "evidence/runtime_data.h"

namespace attestd::dev_kbs {
namespace {

// The challenge of this broker selects no other (KBS protocol 0.4.0).
constexpr base::HashAlgorithm kHash = base::HashAlgorithm::kSha384;

absl::Status Refused(const std::string& tee, std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kUnauthenticated,
                          "refused evidence of " + tee + ": " + std::string(why));
}

// Evidence of one device and what it must be bound to.
struct Case {
  std::string tee;
  base::Json evidence;
  base::Json runtime_data;
  base::Bytes digest;
};

absl::StatusOr<AcceptedDevice> JudgeOne(const Case& one, const Policy& policy) {
  if (!policy.AllowsTee(one.tee)) {
    return Refused(one.tee, "the policy does not allow this platform");
  }
  ASSIGN_OR_RETURN(const std::string json, base::DumpJson(one.evidence));
  absl::StatusOr<appraisal::Appraisal> appraisal = appraisal::Appraise(
      one.tee, {.evidence_json = json, .report_data = one.digest, .reference = policy.reference});
  if (!appraisal.ok()) {
    return Refused(one.tee, std::string(appraisal.status().message()));
  }
  if (!appraisal->passed()) {
    return Refused(one.tee, appraisal->FirstFailure());
  }
  return AcceptedDevice{
      .tee = one.tee, .claims = std::move(appraisal->claims), .runtime_data = one.runtime_data};
}

absl::StatusOr<std::vector<Case>> DeviceCases(const Attestation& attestation,
                                              const evidence::RuntimeData& runtime_data) {
  std::vector<Case> cases;
  if (attestation.additional_evidence.empty()) {
    return cases;
  }
  ASSIGN_OR_RETURN(const base::Json devices, base::ParseJson(attestation.additional_evidence));
  if (!devices.is_object()) {
    return base::MakeStatus(absl::StatusCode::kUnauthenticated,
                            "additional_evidence is not a JSON object");
  }
  ASSIGN_OR_RETURN(const base::Bytes digest, runtime_data.DeviceDigest(kHash));
  const base::Json bound = {{"nonce", runtime_data.nonce()},
                            {"tee-pubkey", runtime_data.tee_pubkey()}};
  for (const auto& [tee, evidence] : devices.items()) {
    cases.push_back({.tee = tee, .evidence = evidence, .runtime_data = bound, .digest = digest});
  }
  return cases;
}

}  // namespace

absl::StatusOr<std::vector<AcceptedDevice>> JudgeEvidence(const std::string& tee,
                                                          const Attestation& attestation,
                                                          const Policy& policy) {
  if (attestation.has_init_data) {
    // Accepting it unseen would claim a check that nobody made.
    return Refused(tee, "this broker cannot judge init-data");
  }
  const evidence::RuntimeData runtime_data(attestation.nonce, attestation.tee_pubkey);
  ASSIGN_OR_RETURN(std::vector<Case> cases, DeviceCases(attestation, runtime_data));
  ASSIGN_OR_RETURN(base::Bytes digest,
                   runtime_data.PrimaryDigest(kHash, attestation.additional_evidence));
  cases.insert(cases.begin(),
               {.tee = tee,
                .evidence = attestation.primary_evidence,
                .runtime_data = {{"additional-evidence", attestation.additional_evidence},
                                 {"nonce", attestation.nonce},
                                 {"tee-pubkey", attestation.tee_pubkey}},
                .digest = std::move(digest)});
  std::vector<AcceptedDevice> accepted;
  for (const Case& one : cases) {
    ASSIGN_OR_RETURN(AcceptedDevice device, JudgeOne(one, policy));
    accepted.push_back(std::move(device));
  }
  return accepted;
}

}  // namespace attestd::dev_kbs
