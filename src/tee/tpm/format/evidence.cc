// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm/format/evidence.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::tee::tpm {
namespace {

absl::StatusOr<base::Bytes> PcrFromJson(const base::Json& value) {
  if (!value.is_string()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not a string");
  }
  ASSIGN_OR_RETURN(base::Bytes pcr, base::HexDecode(value.get_ref<const std::string&>()));
  if (pcr.size() != tpm2::kSha256Size) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not 32 bytes");
  }
  return pcr;
}

absl::StatusOr<tpm2::PcrValues> GetPcrs(const base::Json& object) {
  ASSIGN_OR_RETURN(const base::Json* values, base::GetMember(object, "pcrs"));
  if (!values->is_array() || values->size() != tpm2::kPcrCount) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "\"pcrs\" is not 24 values");
  }
  tpm2::PcrValues pcrs;
  for (size_t i = 0; i < tpm2::kPcrCount; ++i) {
    absl::StatusOr<base::Bytes> pcr = PcrFromJson((*values)[i]);
    if (!pcr.ok()) {
      return base::Annotate(pcr.status(), "pcrs[" + std::to_string(i) + "]");
    }
    pcrs.at(i) = *std::move(pcr);
  }
  return pcrs;
}

absl::StatusOr<TpmEvidence> FromJson(const base::Json& json) {
  TpmEvidence evidence;
  ASSIGN_OR_RETURN(evidence.ak_public, base::GetBase64(json, "ak_public"));
  ASSIGN_OR_RETURN(const base::Json* quote, base::GetMember(json, "tpm_quote"));
  ASSIGN_OR_RETURN(evidence.signature, base::GetBase64(*quote, "signature"));
  ASSIGN_OR_RETURN(evidence.message, base::GetBase64(*quote, "message"));
  ASSIGN_OR_RETURN(evidence.pcrs, GetPcrs(*quote));
  return evidence;
}

}  // namespace

std::string FormatEvidence(const TpmEvidence& evidence) {
  base::Json pcrs = base::Json::array();
  for (const base::Bytes& pcr : evidence.pcrs) {
    pcrs.push_back(base::HexEncode(pcr));
  }
  const base::Json json = {{"ak_public", base::Base64Encode(evidence.ak_public)},
                           {"tpm_quote",
                            {{"signature", base::Base64Encode(evidence.signature)},
                             {"message", base::Base64Encode(evidence.message)},
                             {"pcrs", std::move(pcrs)}}}};
  return json.dump();
}

absl::StatusOr<TpmEvidence> ParseEvidence(std::string_view json) {
  ASSIGN_OR_RETURN(const base::Json value, base::ParseJson(json));
  absl::StatusOr<TpmEvidence> evidence = FromJson(value);
  if (!evidence.ok()) {
    return base::Annotate(evidence.status(), "tpm evidence");
  }
  return evidence;
}

}  // namespace attestd::tee::tpm
