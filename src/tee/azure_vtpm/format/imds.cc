// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/format/imds.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "tee/snp/format/vcek.h"

namespace attestd::tee::azure_vtpm {
namespace {

constexpr base::JsonLimits kLimits = {.depth = 8, .elements = 1000};
// VCEK, ASK, ARK and one to spare.
constexpr size_t kMaxCertificates = 4;

absl::Status Malformed(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, what);
}

absl::StatusOr<std::vector<base::Certificate>> GetCertificates(const base::Json& json,
                                                               std::string_view key) {
  ASSIGN_OR_RETURN(const std::string pem, base::GetString(json, key));
  absl::StatusOr<std::vector<base::Certificate>> certificates =
      base::Certificate::ListFromPem(pem, kMaxCertificates);
  if (!certificates.ok()) {
    return base::Annotate(certificates.status(), key);
  }
  return certificates;
}

// The standard alphabet written in the URL-safe one, without padding.
std::string ToUrlSafe(std::string text) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  for (int i = 0; i < 2 && text.ends_with('='); ++i) {
    text.pop_back();
  }
  return text;
}

}  // namespace

absl::StatusOr<AmdCertification> ParseAmdCertification(std::string_view json) {
  if (json.size() > kMaxImdsReply) {
    return Malformed("the answer is too long");
  }
  ASSIGN_OR_RETURN(const base::Json value, base::ParseJson(json, kLimits));
  ASSIGN_OR_RETURN(std::vector<base::Certificate> vcek, GetCertificates(value, "vcekCert"));
  std::vector<base::Certificate> chain;
  if (value.contains("certificateChain") && value["certificateChain"] != base::Json("")) {
    ASSIGN_OR_RETURN(chain, GetCertificates(value, "certificateChain"));
  }
  return AmdCertification{.vcek = std::move(vcek.front()), .chain = std::move(chain)};
}

bool FitsChip(const base::Certificate& vcek, base::ByteView chip_id) {
  if (std::all_of(chip_id.begin(), chip_id.end(), [](uint8_t byte) { return byte == 0; })) {
    return true;
  }
  const std::optional<base::Bytes> chip = snp::ChipOf(vcek);
  return chip.has_value() && chip->size() <= chip_id.size() &&
         std::equal(chip->begin(), chip->end(), chip_id.begin());
}

std::string TdQuoteRequest(base::ByteView td_report, Base64Alphabet alphabet) {
  const std::string report = alphabet == Base64Alphabet::kUrlSafe ? base::Base64UrlEncode(td_report)
                                                                  : base::Base64Encode(td_report);
  return R"({"report":")" + report + R"("})";
}

absl::StatusOr<base::Bytes> ParseTdQuoteReply(std::string_view json) {
  if (json.size() > kMaxImdsReply) {
    return Malformed("the answer is too long");
  }
  ASSIGN_OR_RETURN(const base::Json value, base::ParseJson(json, kLimits));
  ASSIGN_OR_RETURN(std::string text, base::GetString(value, "quote"));
  absl::StatusOr<base::Bytes> quote = base::Base64UrlDecode(ToUrlSafe(std::move(text)));
  if (!quote.ok()) {
    return base::Annotate(quote.status(), "quote");
  }
  if (quote->empty()) {
    return Malformed("\"quote\" is empty");
  }
  return quote;
}

}  // namespace attestd::tee::azure_vtpm
