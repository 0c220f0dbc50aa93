// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/format/evidence.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/certificate.h"
#include "base/encoding.h"
#include "base/json.h"

namespace attestd::tee::azure_vtpm {
namespace {

// Version 0 has every byte as an element of its own: HCL report, TD quote, quote and PCRs are
// about 20,000 of them.
constexpr base::JsonLimits kLimits = {.depth = 8, .elements = 300'000};

// How the versions differ. A decoder reads a member, an encoder makes its value.
struct Shape {
  std::string_view quote;
  std::string_view report;
  std::string_view endorsement;
};

Shape ShapeOf(Kind kind, int version) {
  if (kind == Kind::kTdx) {
    return {.quote = "tpm_quote", .report = "hcl_report", .endorsement = "td_quote"};
  }
  return version == 0 ? Shape{.quote = "quote", .report = "report", .endorsement = "vcek"}
                      : Shape{.quote = "tpm_quote", .report = "hcl_report", .endorsement = "vcek"};
}

absl::Status Malformed(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, what);
}

enum class Encoding { kHex, kBase64Url, kNumbers };

base::Json Encode(Encoding encoding, base::ByteView bytes) {
  switch (encoding) {
    case Encoding::kHex:
      return base::HexEncode(bytes);
    case Encoding::kBase64Url:
      return base::Base64UrlPaddedEncode(bytes);
    case Encoding::kNumbers:
      break;
  }
  base::Json numbers = base::Json::array();
  for (const uint8_t byte : bytes) {
    numbers.push_back(byte);
  }
  return numbers;
}

absl::StatusOr<base::Bytes> Decode(Encoding encoding, const base::Json& value) {
  if (encoding == Encoding::kNumbers) {
    return base::BytesFromNumbers(value);
  }
  if (!value.is_string()) {
    return Malformed("not a string");
  }
  const auto& text = value.get_ref<const std::string&>();
  return encoding == Encoding::kHex ? base::HexDecode(text) : base::Base64UrlPaddedDecode(text);
}

absl::StatusOr<base::Bytes> GetBytes(Encoding encoding, const base::Json& object,
                                     std::string_view key) {
  ASSIGN_OR_RETURN(const base::Json* value, base::GetMember(object, key));
  absl::StatusOr<base::Bytes> bytes = Decode(encoding, *value);
  if (!bytes.ok()) {
    return base::Annotate(bytes.status(), key);
  }
  return bytes;
}

absl::StatusOr<tpm2::PcrValues> GetPcrs(Encoding encoding, const base::Json& quote) {
  ASSIGN_OR_RETURN(const base::Json* values, base::GetMember(quote, "pcrs"));
  if (!values->is_array() || values->size() != tpm2::kPcrCount) {
    return Malformed("\"pcrs\" is not 24 values");
  }
  tpm2::PcrValues pcrs;
  for (size_t i = 0; i < tpm2::kPcrCount; ++i) {
    absl::StatusOr<base::Bytes> pcr = Decode(encoding, (*values)[i]);
    if (pcr.ok() && pcr->size() != tpm2::kSha256Size) {
      pcr = Malformed("not 32 bytes");
    }
    if (!pcr.ok()) {
      return base::Annotate(pcr.status(), "pcrs[" + std::to_string(i) + "]");
    }
    pcrs.at(i) = *std::move(pcr);
  }
  return pcrs;
}

// The first certificate of a PEM text; empty for an empty text.
absl::StatusOr<base::Bytes> GetPem(const base::Json& json, std::string_view key) {
  ASSIGN_OR_RETURN(const std::string pem, base::GetString(json, key));
  if (pem.empty()) {
    return base::Bytes();
  }
  const absl::StatusOr<std::vector<base::Certificate>> certificates =
      base::Certificate::ListFromPem(pem);
  if (!certificates.ok()) {
    return base::Annotate(certificates.status(), key);
  }
  return certificates->front().ToDer();
}

absl::StatusOr<int> GetVersion(const base::Json& json) {
  if (!json.is_object()) {
    return Malformed("not a JSON object");
  }
  const auto version = json.find("version");
  if (version == json.end()) {
    return 0;
  }
  if (!version->is_number_unsigned() || (*version != 1U && *version != 2U)) {
    return Malformed("\"version\" is neither 1 nor 2");
  }
  return version->get<int>();
}

absl::StatusOr<AzureEvidence> FromJson(Kind kind, const base::Json& json) {
  AzureEvidence evidence;
  ASSIGN_OR_RETURN(evidence.version, GetVersion(json));
  const bool numbers = evidence.version == 0;
  const Shape shape = ShapeOf(kind, evidence.version);
  const Encoding inside = numbers ? Encoding::kNumbers : Encoding::kHex;
  const Encoding outside = numbers ? Encoding::kNumbers : Encoding::kBase64Url;
  ASSIGN_OR_RETURN(const base::Json* quote, base::GetMember(json, shape.quote));
  ASSIGN_OR_RETURN(evidence.signature, GetBytes(inside, *quote, "signature"));
  ASSIGN_OR_RETURN(evidence.message, GetBytes(inside, *quote, "message"));
  ASSIGN_OR_RETURN(evidence.pcrs, GetPcrs(inside, *quote));
  ASSIGN_OR_RETURN(evidence.hcl_report, GetBytes(outside, json, shape.report));
  const bool pem = numbers && kind == Kind::kSnp;
  ASSIGN_OR_RETURN(evidence.endorsement, pem ? GetPem(json, shape.endorsement)
                                             : GetBytes(outside, json, shape.endorsement));
  return evidence;
}

absl::StatusOr<base::Json> VcekToPem(base::ByteView der) {
  if (der.empty()) {
    return base::Json("");
  }
  ASSIGN_OR_RETURN(const base::Certificate certificate, base::Certificate::FromDer(der));
  return base::Json(certificate.ToPem());
}

}  // namespace

absl::StatusOr<std::string> FormatEvidence(Kind kind, const AzureEvidence& evidence) {
  if (evidence.version < 0 || evidence.version > 2) {
    return Malformed("no evidence of version " + std::to_string(evidence.version));
  }
  const bool numbers = evidence.version == 0;
  const Shape shape = ShapeOf(kind, evidence.version);
  const Encoding inside = numbers ? Encoding::kNumbers : Encoding::kHex;
  const Encoding outside = numbers ? Encoding::kNumbers : Encoding::kBase64Url;
  base::Json pcrs = base::Json::array();
  for (const base::Bytes& pcr : evidence.pcrs) {
    pcrs.push_back(Encode(inside, pcr));
  }
  base::Json json = {{shape.quote,
                      {{"signature", Encode(inside, evidence.signature)},
                       {"message", Encode(inside, evidence.message)},
                       {"pcrs", std::move(pcrs)}}},
                     {shape.report, Encode(outside, evidence.hcl_report)}};
  if (numbers && kind == Kind::kSnp) {
    ASSIGN_OR_RETURN(json[std::string(shape.endorsement)], VcekToPem(evidence.endorsement));
  } else {
    json[std::string(shape.endorsement)] = Encode(outside, evidence.endorsement);
  }
  if (!numbers) {
    json["version"] = evidence.version;
  }
  return base::DumpJson(json);
}

absl::StatusOr<AzureEvidence> ParseEvidence(Kind kind, std::string_view json) {
  ASSIGN_OR_RETURN(const base::Json value, base::ParseJson(json, kLimits));
  absl::StatusOr<AzureEvidence> evidence = FromJson(kind, value);
  if (!evidence.ok()) {
    return base::Annotate(evidence.status(), std::string(TeeName(kind)) + " evidence");
  }
  return evidence;
}

}  // namespace attestd::tee::azure_vtpm
