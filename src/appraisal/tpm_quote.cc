// SPDX-License-Identifier: Apache-2.0
#include "appraisal/tpm_quote.h"

#include <map>
#include <nlohmann/json.hpp>

#include "appraisal/checks.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "eventlog/tcg_log.h"

namespace attestd::appraisal {
namespace {

using tee::tpm2::PcrValues;
using tee::tpm2::Quote;

// Trust in a shorter RSA key is not justified any more (NIST SP 800-131A rev. 2, table 2).
constexpr int kMinRsaBits = 2048;

Check CheckAkSize(const absl::StatusOr<base::PublicKey>& key) {
  return {.name = "ak.size",
          .passed = key.ok() && key->bits() >= kMinRsaBits,
          .expected = "RSA of at least " + std::to_string(kMinRsaBits) + " bits",
          .found = key.ok() ? std::to_string(key->bits()) + " bits"
                            : std::string(key.status().message())};
}

absl::Status VerifySignature(const TpmQuote& quote) {
  RETURN_IF_ERROR(quote.key.status());
  RETURN_IF_ERROR(quote.signature.status());
  return quote.key->VerifyRsaPkcs1(base::HashAlgorithm::kSha256, quote.message, *quote.signature);
}

Check CheckSignature(const TpmQuote& quote) {
  const absl::Status status = VerifySignature(quote);
  return {.name = quote.prefix + "signature",
          .passed = status.ok(),
          .expected = "RSASSA-SHA256 by the AK over the message",
          .found = status.ok() ? "a valid one" : std::string(status.message())};
}

std::string Describe(const Quote& quote) {
  std::string text;
  for (const tee::tpm2::PcrSelection& selection : quote.pcr_selections) {
    text += (text.empty() ? "bank " : ", bank ") + std::to_string(selection.hash) + " bitmap " +
            base::HexEncode(selection.select);
  }
  return text.empty() ? "none" : text;
}

Check CheckSelection(const Quote& quote) {
  return {.name = "pcr.selection",
          .passed = tee::tpm2::SelectsAllSha256Pcrs(quote),
          .expected = "the sha256 bank (11), PCR 0 to 23",
          .found = Describe(quote)};
}

Check CheckPcrDigest(const Quote& quote, const PcrValues& pcrs) {
  const absl::StatusOr<base::Bytes> digest = tee::tpm2::PcrDigest(pcrs);
  return CompareTexts("pcr.digest", digest.ok() ? base::HexEncode(*digest) : "a digest",
                      base::HexEncode(quote.pcr_digest));
}

std::string PcrText(const PcrValues& pcrs, uint64_t index) {
  return index < pcrs.size() ? base::HexEncode(pcrs.at(static_cast<size_t>(index))) : "no such PCR";
}

Check CheckInitData(const PcrValues& pcrs, const base::Bytes& digest) {
  const absl::StatusOr<base::Bytes> expected = tee::tpm2::InitDataPcrValue(digest);
  return CompareTexts(
      "init_data",
      expected.ok() ? base::HexEncode(*expected) : std::string(expected.status().message()),
      PcrText(pcrs, tee::tpm2::kInitDataPcr));
}

absl::StatusOr<std::map<uint32_t, base::Bytes>> ReplayLog(base::ByteView log) {
  ASSIGN_OR_RETURN(const eventlog::EventLog parsed, eventlog::ParseTcgLog(log));
  ASSIGN_OR_RETURN(auto values, eventlog::Replay(parsed, base::HashAlgorithm::kSha256));
  if (values.empty()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "a log that extends no PCR");
  }
  return values;
}

void CheckEventLog(const PcrValues& pcrs, base::ByteView log, Appraisal& appraisal) {
  const absl::StatusOr<std::map<uint32_t, base::Bytes>> replayed = ReplayLog(log);
  if (!replayed.ok()) {
    appraisal.checks.push_back({.name = "event_log",
                                .passed = false,
                                .expected = "a log with sha256 digests",
                                .found = std::string(replayed.status().message())});
    return;
  }
  for (const auto& [index, value] : *replayed) {
    appraisal.checks.push_back(CompareTexts("event_log.pcr" + std::to_string(index),
                                            base::HexEncode(value), PcrText(pcrs, index)));
  }
}

}  // namespace

void CheckTpmQuote(const TpmQuote& quote, Appraisal& appraisal) {
  appraisal.checks.push_back(CheckAkSize(quote.key));
  appraisal.checks.push_back(CheckSignature(quote));
  const absl::StatusOr<Quote> parsed = tee::tpm2::ParseQuote(quote.message);
  appraisal.checks.push_back(
      {.name = quote.prefix + "format",
       .passed = parsed.ok(),
       .expected = "a TPMS_ATTEST made by a TPM, of type quote",
       .found = parsed.ok() ? "one" : std::string(parsed.status().message())});
  if (!parsed.ok()) {
    return;
  }
  appraisal.checks.push_back(CheckSelection(*parsed));
  appraisal.checks.push_back(CheckPcrDigest(*parsed, quote.pcrs));
  if (quote.extra_data.has_value()) {
    appraisal.checks.push_back(CompareTexts("report_data", base::HexEncode(*quote.extra_data),
                                            base::HexEncode(parsed->extra_data)));
  }
  appraisal.claims["report_data"] = base::HexEncode(parsed->extra_data);
}

void CheckPcrValues(const PcrValues& pcrs, const Question& question, Appraisal& appraisal) {
  for (const auto& [index, expected] : question.reference.expected_pcrs) {
    const std::string found =
        index < 0 ? "no such PCR" : PcrText(pcrs, static_cast<uint64_t>(index));
    appraisal.checks.push_back(
        CompareTexts("pcr." + std::to_string(index), base::HexEncode(expected), found));
  }
  if (question.reference.init_data_digest.has_value()) {
    appraisal.checks.push_back(CheckInitData(pcrs, *question.reference.init_data_digest));
  }
  if (question.event_log.has_value()) {
    CheckEventLog(pcrs, *question.event_log, appraisal);
  }
}

base::Json PcrClaims(const PcrValues& pcrs) {
  base::Json claims = base::Json::object();
  for (size_t index = 0; index < pcrs.size(); ++index) {
    const std::string number = std::to_string(index);
    claims["pcr" + std::string(2 - number.size(), '0') + number] = PcrText(pcrs, index);
  }
  return claims;
}

std::string InitDataClaim(const PcrValues& pcrs) { return PcrText(pcrs, tee::tpm2::kInitDataPcr); }

}  // namespace attestd::appraisal
