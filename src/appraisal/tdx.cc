// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "appraisal/checks.h"
#include "appraisal/dcap_quote.h"
#include "appraisal/hardware.h"
#include "appraisal/platforms.h"
#include "base/encoding.h"
#include "eventlog/tcg_log.h"
#include "tee/tdx/format/evidence.h"
#include "tee/tdx/format/quote.h"

namespace attestd::appraisal {
namespace {

using tee::tdx::Quote;
using tee::tdx::TdBody;
using tee::tdx::TdxEvidence;

constexpr size_t kRegisterSize = 48;

base::Json BodyClaims(const TdBody& td, bool tdx15) {
  base::Json claims = {{"tcb_svn", base::HexEncode(td.tee_tcb_svn)},
                       {"mr_seam", base::HexEncode(td.mr_seam)},
                       {"mrsigner_seam", base::HexEncode(td.mr_signer_seam)},
                       {"seam_attributes", HexLe(td.seam_attributes, 8)},
                       {"td_attributes", HexLe(td.td_attributes, 8)},
                       {"xfam", HexLe(td.xfam, 8)},
                       {"mr_td", base::HexEncode(td.mr_td)},
                       {"mr_config_id", base::HexEncode(td.mr_config_id)},
                       {"mr_owner", base::HexEncode(td.mr_owner)},
                       {"mr_owner_config", base::HexEncode(td.mr_owner_config)},
                       {"report_data", base::HexEncode(td.report_data)}};
  for (size_t i = 0; i < td.rtmrs.size(); ++i) {
    claims["rtmr_" + std::to_string(i)] = base::HexEncode(td.rtmrs.at(i));
  }
  if (tdx15) {
    claims["tee_tcb_svn2"] = base::HexEncode(td.tee_tcb_svn2);
    claims["mr_servicetd"] = base::HexEncode(td.mr_service_td);
  }
  return claims;
}

// Names as Trustee's "tdx" verifier gives them.
void AddClaims(const Quote& quote, const TdBody& td, base::Json& claims) {
  constexpr uint16_t kTdx15 = 3;
  claims["quote"] = {{"header", HeaderClaims(quote.header)},
                     {"body", BodyClaims(td, quote.body_type == kTdx15)}};
  if (quote.body_type != 0) {
    const uint32_t size = quote.body_type == kTdx15 ? 648 : 584;
    claims["quote"]["type"] = HexLe(quote.body_type, 2);
    claims["quote"]["size"] = HexLe(size, 4);
  }
  const auto has = [&](uint64_t bit) { return (td.td_attributes & bit) != 0; };
  claims["td_attributes"] = {{"debug", has(tee::tdx::kAttributeDebug)},
                             {"septve_disable", has(tee::tdx::kAttributeSeptVeDisable)},
                             {"protection_keys", has(tee::tdx::kAttributeProtectionKeys)},
                             {"key_locker", has(tee::tdx::kAttributeKeyLocker)},
                             {"perfmon", has(tee::tdx::kAttributePerfmon)}};
}

Check CheckVersion(const Quote& quote) {
  return {.name = "quote.version",
          .passed = quote.td() != nullptr,
          .expected = "4 or 5",
          .found = std::to_string(quote.header.version)};
}

// Intel signs its TDX modules with a key that shows as zeros, and as no debug module.
Check CheckModule(const TdBody& td) {
  return CompareTexts(
      "quote.module",
      "MRSIGNERSEAM " + std::string(2 * kRegisterSize, '0') + ", attributes 0000000000000000",
      "MRSIGNERSEAM " + base::HexEncode(td.mr_signer_seam) + ", attributes " +
          HexLe(td.seam_attributes, 8));
}

Check CheckDebug(const TdBody& td, bool allowed) {
  const bool debug = (td.td_attributes & tee::tdx::kAttributeDebug) != 0;
  return {.name = "quote.debug",
          .passed = allowed || !debug,
          .expected = allowed ? "any" : "no debug attribute",
          .found = "td_attributes " + HexLe(td.td_attributes, 8)};
}

// Each RTMR is what the log replays to: zeros where the log has nothing for it, so that an event
// that was left out shows. Registers of the log are 1 to 4.
void CheckReplay(const std::map<uint32_t, base::Bytes>& registers, const TdBody& td,
                 Appraisal& appraisal) {
  for (uint32_t rtmr = 0; rtmr < td.rtmrs.size(); ++rtmr) {
    const auto replayed = registers.find(rtmr + 1);
    const base::Bytes expected =
        replayed != registers.end() ? replayed->second : base::Bytes(kRegisterSize);
    appraisal.checks.push_back(CompareTexts("event_log.rtmr" + std::to_string(rtmr),
                                            base::HexEncode(expected),
                                            base::HexEncode(td.rtmrs.at(rtmr))));
  }
  std::string others;
  for (const auto& [index, value] : registers) {
    if (index < 1 || index > td.rtmrs.size()) {
      others += " " + std::to_string(index);
    }
  }
  appraisal.checks.push_back({.name = "event_log.registers",
                              .passed = others.empty(),
                              .expected = "events in the registers 1 to 4 only",
                              .found = others.empty() ? "so" : "events in" + others});
}

void CheckEventLog(base::ByteView log, const TdBody& td, Appraisal& appraisal) {
  const absl::StatusOr<eventlog::EventLog> parsed = eventlog::ParseTcgLog(log);
  const absl::StatusOr<std::map<uint32_t, base::Bytes>> registers =
      parsed.ok() ? eventlog::Replay(*parsed, base::HashAlgorithm::kSha384)
                  : absl::StatusOr<std::map<uint32_t, base::Bytes>>(parsed.status());
  appraisal.checks.push_back({.name = "event_log.format",
                              .passed = registers.ok(),
                              .expected = "a crypto-agile log with SHA-384 digests",
                              .found = registers.ok()
                                           ? std::to_string(parsed->events.size()) + " events"
                                           : std::string(registers.status().message())});
  if (registers.ok()) {
    CheckReplay(*registers, td, appraisal);
  }
}

absl::StatusOr<TdxEvidence> ReadEvidence(const Question& question) {
  if (!question.evidence_json.empty()) {
    return tee::tdx::ParseEvidence(question.evidence_json);
  }
  return TdxEvidence{.quote = base::ToBytes(question.raw), .cc_eventlog = std::nullopt};
}

}  // namespace

void CheckTdQuote(base::ByteView bytes, const ReferenceValues& reference, Appraisal& appraisal) {
  const absl::StatusOr<Quote> quote = tee::tdx::ParseQuote(bytes);
  if (!quote.ok()) {
    appraisal.checks.push_back({.name = "quote.format",
                                .passed = false,
                                .expected = "a TD quote of version 4 or 5",
                                .found = std::string(quote.status().message())});
    return;
  }
  appraisal.checks.push_back(CheckVersion(*quote));
  appraisal.checks.push_back(CompareTexts("quote.tee_type", HexLe(tee::tdx::kTeeTypeTdx, 4),
                                          HexLe(quote->header.tee_type, 4)));
  CheckDcapQuote(*quote, reference, appraisal);
  if (const TdBody* td = quote->td(); td != nullptr) {
    AddClaims(*quote, *td, appraisal.claims);
    appraisal.checks.push_back(CheckModule(*td));
    appraisal.checks.push_back(CheckDebug(*td, reference.allow_debug));
  }
}

absl::StatusOr<Appraisal> AppraiseTdx(const Question& question) {
  ASSIGN_OR_RETURN(const TdxEvidence evidence, ReadEvidence(question));
  ASSIGN_OR_RETURN(const Quote quote, tee::tdx::ParseQuote(evidence.quote));
  Appraisal appraisal;
  appraisal.claims = base::Json::object();
  CheckTdQuote(evidence.quote, question.reference, appraisal);
  const TdBody* td = quote.td();
  if (td == nullptr) {
    return appraisal;  // its version failed
  }
  appraisal.claims["report_data"] = base::HexEncode(td->report_data);
  appraisal.claims["init_data"] = base::HexEncode(td->mr_config_id);
  if (question.report_data.has_value()) {
    appraisal.checks.push_back(
        ComparePadded("report_data", *question.report_data, td->report_data));
  }
  if (question.reference.init_data_digest.has_value()) {
    appraisal.checks.push_back(
        CompareCut("init_data", *question.reference.init_data_digest, td->mr_config_id));
  }
  if (question.event_log.has_value()) {
    CheckEventLog(*question.event_log, *td, appraisal);
  } else if (evidence.cc_eventlog.has_value()) {
    CheckEventLog(*evidence.cc_eventlog, *td, appraisal);
  }
  return appraisal;
}

}  // namespace attestd::appraisal
