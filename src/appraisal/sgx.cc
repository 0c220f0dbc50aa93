// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <string>

#include "appraisal/checks.h"
#include "appraisal/dcap_quote.h"
#include "appraisal/platforms.h"
#include "base/encoding.h"
#include "tee/tdx/format/quote.h"

// Enclaves of SGX: attestd makes no such evidence, but the quotes are of the same kind as a TD's.
namespace attestd::appraisal {
namespace {

using tee::tdx::EnclaveReport;
using tee::tdx::Quote;

constexpr uint16_t kVersion = 3;
constexpr uint8_t kDebug = 0x02;  // ATTRIBUTES.FLAGS

// {"quote": base64}
absl::StatusOr<base::Bytes> ReadQuote(const Question& question) {
  if (question.evidence_json.empty()) {
    return base::ToBytes(question.raw);
  }
  ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(question.evidence_json));
  absl::StatusOr<base::Bytes> quote = base::GetBase64(json, "quote");
  return quote.ok() ? quote : base::Annotate(quote.status(), "sgx evidence");
}

Check CheckDebug(const EnclaveReport& enclave, bool allowed) {
  const bool debug = (enclave.attributes.front() & kDebug) != 0;
  return {.name = "quote.debug",
          .passed = allowed || !debug,
          .expected = allowed ? "any" : "no debug attribute",
          .found = "attributes " + base::HexEncode(enclave.attributes)};
}

// Names as Trustee's "sgx" verifier gives them.
base::Json BodyClaims(const EnclaveReport& enclave) {
  return {{"cpu_svn", base::HexEncode(enclave.cpu_svn)},
          {"misc_select", HexLe(enclave.misc_select, 4)},
          {"attributes.flags", base::HexEncode(base::ByteView(enclave.attributes).first(8))},
          {"attributes.xfrm", base::HexEncode(base::ByteView(enclave.attributes).subspan(8))},
          {"mr_enclave", base::HexEncode(enclave.mr_enclave)},
          {"mr_signer", base::HexEncode(enclave.mr_signer)},
          {"config_id", base::HexEncode(enclave.config_id)},
          {"isv_prod_id", HexLe(enclave.isv_prod_id, 2)},
          {"isv_svn", HexLe(enclave.isv_svn, 2)},
          {"config_svn", HexLe(enclave.config_svn, 2)},
          {"report_data", base::HexEncode(enclave.report_data)}};
}

}  // namespace

absl::StatusOr<Appraisal> AppraiseSgx(const Question& question) {
  ASSIGN_OR_RETURN(const base::Bytes bytes, ReadQuote(question));
  ASSIGN_OR_RETURN(const Quote quote, tee::tdx::ParseQuote(bytes));
  Appraisal appraisal;
  appraisal.claims = {{"header", HeaderClaims(quote.header)}};
  appraisal.checks.push_back(CompareTexts("quote.version", std::to_string(kVersion),
                                          std::to_string(quote.header.version)));
  appraisal.checks.push_back(CompareTexts("quote.tee_type", HexLe(tee::tdx::kTeeTypeSgx, 4),
                                          HexLe(quote.header.tee_type, 4)));
  CheckDcapQuote(quote, question.reference, appraisal);
  const auto* enclave = std::get_if<EnclaveReport>(&quote.body);
  if (enclave == nullptr) {
    return appraisal;  // its version failed
  }
  appraisal.claims["body"] = BodyClaims(*enclave);
  appraisal.claims["report_data"] = base::HexEncode(enclave->report_data);
  appraisal.claims["init_data"] = base::HexEncode(enclave->config_id);
  appraisal.checks.push_back(CheckDebug(*enclave, question.reference.allow_debug));
  if (question.report_data.has_value()) {
    appraisal.checks.push_back(
        ComparePadded("report_data", *question.report_data, enclave->report_data));
  }
  if (question.reference.init_data_digest.has_value()) {
    appraisal.checks.push_back(
        CompareCut("init_data", *question.reference.init_data_digest, enclave->config_id));
  }
  return appraisal;
}

}  // namespace attestd::appraisal
