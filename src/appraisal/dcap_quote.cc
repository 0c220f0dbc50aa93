// SPDX-License-Identifier: Apache-2.0
#include "appraisal/dcap_quote.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "appraisal/checks.h"
#include "appraisal/dcap_chain.h"
#include "appraisal/pck_extension.h"
#include "appraisal/tcb_status.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/public_key.h"

namespace attestd::appraisal {
namespace {

using tee::tdx::Quote;

// Intel's quoting enclaves (Intel SGX ECDSA QuoteLibReference, A.4, "QE Vendor ID").
constexpr std::string_view kIntelVendor = "939a7233f79c4ca9940a0db3957f0607";
// MRSIGNER of Intel's quoting enclaves for TDs and for enclaves, as its QE identities name them
// (https://api.trustedservices.intel.com/tdx/certification/v4/qe/identity and .../sgx/...). The PCK
// also signs for other enclaves that the platform's owner provisions.
constexpr std::string_view kTdQeSigner =
    "dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5";
constexpr std::string_view kSgxQeSigner =
    "8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bff";
constexpr uint16_t kEcdsaP256 = 2;       // att_key_type
constexpr uint8_t kEnclaveDebug = 0x02;  // ATTRIBUTES.FLAGS

Check FromStatus(std::string name, std::string expected, const absl::Status& status) {
  return {.name = std::move(name),
          .passed = status.ok(),
          .expected = std::move(expected),
          .found = status.ok() ? "a valid one" : std::string(status.message())};
}

absl::Status VerifyQuote(const Quote& quote) {
  ASSIGN_OR_RETURN(
      const base::PublicKey key,
      base::PublicKey::FromEcPoint(base::PublicKey::Curve::kP256, quote.attestation_key));
  return key.VerifyEcdsa(base::HashAlgorithm::kSha256, quote.signed_bytes, quote.signature);
}

absl::Status VerifyQe(const Quote& quote, const base::Certificate& pck) {
  ASSIGN_OR_RETURN(const base::PublicKey key, pck.GetPublicKey());
  return key.VerifyEcdsa(base::HashAlgorithm::kSha256, quote.qe_report, quote.qe_signature);
}

// The quoting enclave vouches for the attestation key: SHA-256(key || auth), the rest zero.
Check CheckQeBinding(const Quote& quote) {
  base::Bytes bound = quote.attestation_key;
  bound.insert(bound.end(), quote.qe_auth.begin(), quote.qe_auth.end());
  const absl::StatusOr<base::Bytes> digest = base::Hash(base::HashAlgorithm::kSha256, bound);
  base::Bytes expected = digest.ok() ? *digest : base::Bytes();
  expected.resize(quote.qe.report_data.size());
  return CompareTexts("qe.report_data", base::HexEncode(expected),
                      base::HexEncode(quote.qe.report_data));
}

Check CheckQeDebug(const Quote& quote) {
  const bool debug = (quote.qe.attributes.front() & kEnclaveDebug) != 0;
  return CompareTexts("qe.debug", "no", debug ? "yes" : "no");
}

void CheckPlatform(const Quote& quote, const CertificateChain& chain,
                   const ReferenceValues& reference, Appraisal& appraisal) {
  const std::optional<base::Bytes> content = chain.front().Extension(kSgxExtensionOid);
  const absl::StatusOr<PckExtension> pck =
      content.has_value()
          ? ParsePckExtension(*content)
          : absl::StatusOr<PckExtension>(base::MakeStatus(absl::StatusCode::kInvalidArgument,
                                                          "the certificate has no SGX extension"));
  appraisal.checks.push_back(
      FromStatus("chain.pck", "a PCK certificate with Intel's SGX extension", pck.status()));
  if (!pck.ok()) {
    return;
  }
  appraisal.claims["fmspc"] = base::HexEncode(pck->fmspc);
  if (!reference.collateral.empty()) {
    CheckTcb(quote, *pck, chain, reference, appraisal);
  }
}

}  // namespace

std::string HexLe(uint64_t value, size_t size) {
  return base::HexEncode(base::LittleEndian(value, size));
}

base::Json HeaderClaims(const tee::tdx::QuoteHeader& header) {
  return {{"version", HexLe(header.version, 2)},
          {"att_key_type", HexLe(header.att_key_type, 2)},
          {"tee_type", HexLe(header.tee_type, 4)},
          {"reserved", base::HexEncode(header.reserved)},
          {"vendor_id", base::HexEncode(header.qe_vendor)},
          {"user_data", base::HexEncode(header.user_data)}};
}

void CheckDcapQuote(const Quote& quote, const ReferenceValues& reference, Appraisal& appraisal) {
  appraisal.claims["tcb_status"] = "not judged";
  appraisal.checks.push_back(CompareTexts("quote.qe_vendor", std::string(kIntelVendor),
                                          base::HexEncode(quote.header.qe_vendor)));
  appraisal.checks.push_back(CompareTexts("quote.key_type", std::to_string(kEcdsaP256),
                                          std::to_string(quote.header.att_key_type)));
  appraisal.checks.push_back(FromStatus("quote.signature",
                                        "ECDSA P-256 by the attestation key over header and body",
                                        VerifyQuote(quote)));
  appraisal.checks.push_back(CheckQeBinding(quote));
  const std::string_view signer = quote.td() != nullptr ? kTdQeSigner : kSgxQeSigner;
  appraisal.checks.push_back(
      CompareTexts("qe.mr_signer", std::string(signer), base::HexEncode(quote.qe.mr_signer)));
  appraisal.checks.push_back(CheckQeDebug(quote));
  const std::optional<CertificateChain> chain =
      CheckPckChain(quote.pck_chain, reference, appraisal);
  if (!chain.has_value()) {
    return;
  }
  appraisal.checks.push_back(FromStatus("qe.signature",
                                        "ECDSA P-256 by the PCK over the quoting enclave's report",
                                        VerifyQe(quote, chain->front())));
  CheckPlatform(quote, *chain, reference, appraisal);
}

}  // namespace attestd::appraisal
