// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/evidence_judge.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "appraisal/appraisal.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "evidence/init_data.h"
#include "evidence/runtime_data.h"

namespace attestd::dev_kbs {
namespace {

// The challenge of this broker selects no other, and it is the default of every version.
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
  std::optional<base::Bytes> init_data_digest = {};
};

// The sample platform has no place for init data: like Trustee, this broker believes it there.
bool IsSample(std::string_view tee) { return tee.starts_with("sample"); }

absl::StatusOr<appraisal::Appraisal> AppraiseOne(const Case& one, const Policy& policy,
                                                 absl::Time now) {
  appraisal::ReferenceValues reference = policy.reference;
  reference.at = policy.at.value_or(now);
  if (!IsSample(one.tee)) {
    reference.init_data_digest = one.init_data_digest;
  }
  ASSIGN_OR_RETURN(const std::string json, base::DumpJson(one.evidence));
  return appraisal::Appraise(
      one.tee, {.evidence_json = json, .report_data = one.digest, .reference = reference});
}

absl::StatusOr<AcceptedDevice> JudgeOne(const Case& one, const Policy& policy, absl::Time now) {
  if (!policy.AllowsTee(one.tee)) {
    return Refused(one.tee, "the policy does not allow this platform");
  }
  absl::StatusOr<appraisal::Appraisal> appraisal = AppraiseOne(one, policy, now);
  if (!appraisal.ok()) {
    return Refused(one.tee, std::string(appraisal.status().message()));
  }
  if (!appraisal->passed()) {
    return Refused(one.tee, appraisal->FirstFailure());
  }
  if (one.init_data_digest.has_value() && IsSample(one.tee)) {
    appraisal->claims["init_data"] = base::Base64Encode(*one.init_data_digest);
  }
  return AcceptedDevice{
      .tee = one.tee, .claims = std::move(appraisal->claims), .runtime_data = one.runtime_data};
}

// Of the init data that came; it must be the policy's, where that names one for the platform.
absl::StatusOr<std::optional<base::Bytes>> WantedInitData(const std::string& tee,
                                                          const Attestation& attestation,
                                                          const Policy& policy) {
  std::optional<base::Bytes> wanted;
  if (const auto found = policy.init_data_digests.find(tee);
      found != policy.init_data_digests.end()) {
    wanted = found->second;
  }
  if (!attestation.init_data.has_value()) {
    return wanted;
  }
  const absl::StatusOr<evidence::InitData> found = evidence::ParseInitData(*attestation.init_data);
  if (!found.ok()) {
    return Refused(tee, std::string(found.status().message()));
  }
  if (wanted.has_value() && *wanted != found->digest) {
    return Refused(tee, "init data: expected the digest " + base::HexEncode(*wanted) + ", found " +
                            base::HexEncode(found->digest));
  }
  return found->digest;
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

// The platform's own evidence, of which the digest covers the runtime data of the message's shape.
absl::StatusOr<Case> PlatformCase(const std::string& tee, const Attestation& attestation,
                                  const evidence::RuntimeData& runtime_data) {
  Case one{
      .tee = tee,
      .evidence = attestation.primary_evidence,
      .runtime_data = {{"nonce", runtime_data.nonce()}, {"tee-pubkey", runtime_data.tee_pubkey()}},
      .digest = {}};
  if (!attestation.composite) {
    ASSIGN_OR_RETURN(one.digest, runtime_data.DeviceDigest(kHash));
    return one;
  }
  one.runtime_data["additional-evidence"] = attestation.additional_evidence;
  ASSIGN_OR_RETURN(one.digest, runtime_data.PrimaryDigest(kHash, attestation.additional_evidence));
  return one;
}

}  // namespace

absl::StatusOr<std::vector<AcceptedDevice>> JudgeEvidence(const std::string& tee,
                                                          const Attestation& attestation,
                                                          const Policy& policy, absl::Time now) {
  const evidence::RuntimeData runtime_data(attestation.nonce, attestation.tee_pubkey);
  ASSIGN_OR_RETURN(std::vector<Case> cases, DeviceCases(attestation, runtime_data));
  ASSIGN_OR_RETURN(Case platform, PlatformCase(tee, attestation, runtime_data));
  ASSIGN_OR_RETURN(platform.init_data_digest, WantedInitData(tee, attestation, policy));
  cases.insert(cases.begin(), std::move(platform));
  std::vector<AcceptedDevice> accepted;
  for (const Case& one : cases) {
    ASSIGN_OR_RETURN(AcceptedDevice device, JudgeOne(one, policy, now));
    accepted.push_back(std::move(device));
  }
  return accepted;
}

}  // namespace attestd::dev_kbs
