// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "base/encoding.h"
#include "base/hash.h"
#include "eventlog/tcg_log.h"
#include "tee/tdx/format/evidence.h"
#include "tee/tdx/format/quote.h"
#include "test/appraisal/tdx_case.h"
#include "test/fakes/tcg_log_builder.h"
#include "test/support/temp_dir.h"

namespace attestd::appraisal {
namespace {

using base::Bytes;
using fakes::TdQuoteSpec;
using Names = std::vector<std::string>;

// Offsets in a quote of version 4: header 48, body 584, length 4, signature, key, certification.
constexpr size_t kSignature = 48 + 584 + 4;
constexpr size_t kQeReport = kSignature + 64 + 64 + 6;
constexpr size_t kQeSignature = kQeReport + 384;

TEST_CASE("A TD quote that is right in everything passes with Trustee's claims") {
  const uint16_t version = GENERATE(uint16_t{4}, uint16_t{5});
  const uint16_t body_type = GENERATE(uint16_t{2}, uint16_t{3});
  TdQuoteSpec spec = GoodSpec();
  spec.version = version;
  spec.body_type = body_type;
  const Appraisal appraisal = Judge(spec, GoodReference());
  CHECK(FailedNames(appraisal).empty());
  CHECK(appraisal.passed());
  const base::Json& claims = appraisal.claims;
  CHECK(claims["quote"]["header"]["tee_type"] == "81000000");
  CHECK(claims["quote"]["header"]["version"] == (version == 4 ? "0400" : "0500"));
  CHECK(claims["quote"]["body"]["mr_td"] == base::HexEncode(spec.mr_td));
  CHECK(claims["quote"].contains("type") == (version == 5));
  CHECK(claims["quote"]["body"].contains("mr_servicetd") == (version == 5 && body_type == 3));
  CHECK(claims["td_attributes"]["septve_disable"] == true);
  CHECK(claims["td_attributes"]["debug"] == false);
  CHECK(claims["fmspc"] == "50806f000000");
  CHECK(claims["init_data"] == base::HexEncode(spec.mr_config_id));
  CHECK(claims["tcb_status"] == "not judged");
}

TEST_CASE("Each part of a TD quote that is wrong alone fails its own check") {
  struct Row {
    Names failed;
    std::function<void(TdQuoteSpec&)> change;
  };
  const Row row = GENERATE(values<Row>({
      {{"quote.tee_type"}, [](TdQuoteSpec& s) { s.tee_type = 0; }},
      {{"quote.qe_vendor"}, [](TdQuoteSpec& s) { s.qe_vendor = 0; }},
      {{"quote.key_type"}, [](TdQuoteSpec& s) { s.key_type = 3; }},
      {{"qe.report_data"}, [](TdQuoteSpec& s) { s.qe_binding = 1; }},
      {{"qe.debug"}, [](TdQuoteSpec& s) { s.qe_attributes = 0x13; }},
      {{"qe.mr_signer"}, [](TdQuoteSpec& s) { s.qe_mr_signer = 0; }},
      {{"quote.debug"}, [](TdQuoteSpec& s) { s.td_attributes |= 1; }},
      {{"report_data"}, [](TdQuoteSpec& s) { s.report_data.front() ^= 1; }},
      {{"report_data"}, [](TdQuoteSpec& s) { s.report_data.push_back(1); }},
  }));
  TdQuoteSpec spec = GoodSpec();
  row.change(spec);
  CHECK(FailedNames(Judge(spec, GoodReference())) == row.failed);
}

TEST_CASE("A byte changed after signing fails the signature over it") {
  struct Row {
    size_t offset;
    Names failed;
  };
  const Row row = GENERATE(values<Row>({
      {30, {"quote.signature"}},                                 // user data of the header
      {48 + 150, {"quote.signature"}},                           // MRTD
      {kSignature + 40, {"quote.signature"}},                    // s of the signature
      {kSignature + 64, {"quote.signature", "qe.report_data"}},  // attestation key
      {kQeReport + 2, {"qe.signature"}},                         // CPU SVN
      {kQeSignature + 9, {"qe.signature"}},
  }));
  Bytes quote = Signer().Quote(GoodSpec()).value();
  quote.at(row.offset) ^= 1;
  CHECK(FailedNames(Judge(quote, GoodReference())) == row.failed);
}

TEST_CASE("A quote of version 3 is no TD quote, and of version 6 no quote") {
  Bytes quote = Signer().Quote(GoodSpec()).value();
  quote.front() = 6;
  const ReferenceValues reference = GoodReference();
  CHECK(absl::IsInvalidArgument(Appraise("tdx", {.raw = quote, .reference = reference}).status()));
  quote.front() = 4;
  CHECK(Appraise("sgx", {.raw = quote, .reference = reference})
            ->FirstFailure()
            .starts_with("quote.version"));
}

TEST_CASE("The chain must end at Intel's root or at a given one, and be valid at the time") {
  SECTION("a root that nobody gave") {
    CHECK(FailedNames(Judge(GoodSpec(), {})) == Names{"chain.root"});
  }
  SECTION("another root") {
    const auto other = fakes::TdxSigner::Create().value();
    CHECK(FailedNames(Judge(GoodSpec(), {.roots = {other.root()}})) == Names{"chain.root"});
  }
  SECTION("an intermediate is no root") {
    CHECK(FailedNames(Judge(GoodSpec(), {.roots = {Signer().intermediate()}})) ==
          Names{"chain.root"});
  }
  SECTION("too early or too late") {
    ReferenceValues reference = GoodReference();
    reference.at = GENERATE(absl::UnixEpoch(), absl::Now() + absl::Hours(24 * 365 * 80));
    CHECK(FailedNames(Judge(GoodSpec(), reference)) == Names{"chain.dates"});
  }
}

// A quote whose chain lacks the intermediate.
Bytes QuoteWithoutIntermediate() {
  const Bytes quote = Signer().Quote(GoodSpec()).value();
  std::string text(quote.begin(), quote.end());
  const std::string ours = Signer().intermediate().ToPem();
  text.replace(text.find(ours), ours.size(), ours.size(), '\n');
  return {text.begin(), text.end()};
}

TEST_CASE("A chain is completed from the references, by who really signed") {
  const Bytes quote = QuoteWithoutIntermediate();
  ReferenceValues reference = GoodReference();
  CHECK(FailedNames(Judge(quote, reference)) == Names{"chain.signatures"});
  reference.roots.push_back(fakes::TdxSigner::Create()->intermediate());  // of the same name
  CHECK(FailedNames(Judge(quote, reference)) == Names{"chain.signatures"});
  reference.roots.push_back(Signer().intermediate());
  CHECK(FailedNames(Judge(quote, reference)).empty());
}

TEST_CASE("Debug is allowed only by the reference values") {
  TdQuoteSpec spec = GoodSpec();
  spec.td_attributes |= 1;
  ReferenceValues reference = GoodReference();
  reference.allow_debug = true;
  const Appraisal appraisal = Judge(spec, reference);
  CHECK(appraisal.passed());
  CHECK(appraisal.claims["td_attributes"]["debug"] == true);
}

TEST_CASE("Init data of 48 bytes, shorter or longer, against MRCONFIGID") {
  const TdQuoteSpec spec = [] {
    TdQuoteSpec s = GoodSpec();
    std::fill(s.mr_config_id.begin() + 32, s.mr_config_id.end(), uint8_t{0});
    return s;
  }();
  ReferenceValues reference = GoodReference();
  reference.init_data_digest = Bytes(32, 0x72);
  CHECK(Judge(spec, reference).passed());
  reference.init_data_digest->resize(64);  // cut to 48
  CHECK(Judge(spec, reference).passed());
  reference.init_data_digest->front() ^= 1;
  CHECK(FailedNames(Judge(spec, reference)) == Names{"init_data"});
  reference.init_data_digest = Bytes();
  CHECK(FailedNames(Judge(spec, reference)) == Names{"init_data"});
}

struct LoggedQuote {
  Bytes log;
  TdQuoteSpec spec;
};

// A log with an event in the registers 1 and 4, and the quote of a guest where it happened.
LoggedQuote WithLog() {
  LoggedQuote logged{.log = fakes::SpecIdRecord({{}}), .spec = GoodSpec()};
  for (const uint32_t index : {1U, 4U, 4U}) {
    const Bytes digest(48, static_cast<uint8_t>(index));
    const Bytes record = fakes::LogRecord(index, 6, 0x0c, digest, "event");
    logged.log.insert(logged.log.end(), record.begin(), record.end());
    auto& rtmr = logged.spec.rtmrs.at(index - 1);
    const Bytes next = base::ExtendedValue(base::HashAlgorithm::kSha384, rtmr, digest).value();
    std::copy(next.begin(), next.end(), rtmr.begin());
  }
  return logged;
}

Appraisal JudgeJson(const LoggedQuote& logged) {
  const std::string json = tee::tdx::FormatEvidence(
      {.quote = Signer().Quote(logged.spec).value(), .cc_eventlog = logged.log});
  const ReferenceValues reference = GoodReference();
  return Appraise("tdx", {.evidence_json = json, .report_data = kDigest, .reference = reference})
      .value();
}

TEST_CASE("The event log must replay to every RTMR") {
  const LoggedQuote good = WithLog();
  const Appraisal appraisal = JudgeJson(good);
  CHECK(FailedNames(appraisal).empty());
  CHECK(HasCheck(appraisal, "event_log.rtmr3"));

  SECTION("a register that the log does not explain") {
    const size_t rtmr = GENERATE(size_t{0}, size_t{1}, size_t{2}, size_t{3});
    LoggedQuote wrong = good;
    wrong.spec.rtmrs.at(rtmr).front() ^= 1;
    CHECK(FailedNames(JudgeJson(wrong)) == Names{"event_log.rtmr" + std::to_string(rtmr)});
  }
  SECTION("an event in a register that no quote has") {
    LoggedQuote wrong = good;
    const Bytes record = fakes::LogRecord(GENERATE(0U, 5U), 6, 0x0c, Bytes(48), "");
    wrong.log.insert(wrong.log.end(), record.begin(), record.end());
    CHECK(FailedNames(JudgeJson(wrong)) == Names{"event_log.registers"});
  }
  SECTION("a malformed log") {
    LoggedQuote wrong = good;
    wrong.log.resize(wrong.log.size() - 3);
    CHECK(FailedNames(JudgeJson(wrong)) == Names{"event_log.format"});
  }
  SECTION("a log given beside the evidence goes before that inside it") {
    const std::string json = tee::tdx::FormatEvidence(
        {.quote = Signer().Quote(good.spec).value(), .cc_eventlog = Bytes(3)});
    const ReferenceValues reference = GoodReference();
    CHECK(Appraise("tdx", {.evidence_json = json, .event_log = good.log, .reference = reference})
              ->passed());
  }
}

TEST_CASE("A signer that was saved signs the same when it is loaded") {
  const test::TempDir folder;
  REQUIRE(Signer().Save(folder.path()).ok());
  const auto loaded = fakes::TdxSigner::Load(folder.path()).value();
  CHECK(Judge(loaded.Quote(GoodSpec()).value(), GoodReference()).passed());
}

}  // namespace
}  // namespace attestd::appraisal
