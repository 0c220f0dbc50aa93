// SPDX-License-Identifier: Apache-2.0
// Quotes of real machines, where they are at hand.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "eventlog/tcg_log.h"
#include "test/appraisal/tdx_case.h"
#include "test/support/vectors.h"

namespace attestd::appraisal {
namespace {

using Names = std::vector<std::string>;

// When all of their certificates were valid.
ReferenceValues RealReference() {
  return {.at = absl::FromCivil(absl::CivilDay(2025, 6, 1), absl::UTCTimeZone())};
}

Appraisal JudgeReal(std::string_view tee, const std::string& quote,
                    const ReferenceValues& reference) {
  return Appraise(tee, {.raw = base::AsBytes(quote), .reference = reference}).value();
}

TEST_CASE("A production quote of version 4 with bytes behind it is good") {
  const auto quote = test::ReadVector("tdx/spr_e4_prod_quote.dat");
  if (quote.has_value()) {
    const Appraisal appraisal = JudgeReal("tdx", *quote, RealReference());
    CHECK(appraisal.FirstFailure().empty());
    CHECK(appraisal.claims["fmspc"] == "50806f000000");
    std::string changed = *quote;
    changed.at(300) = static_cast<char>(changed.at(300) ^ 1);
    CHECK(FailedNames(JudgeReal("tdx", changed, RealReference())) == Names{"quote.signature"});
  }
}

TEST_CASE("A quote of version 5 with a TDX 1.5 body is good") {
  const auto quote = test::ReadVector("tdx/tdx_quote_5.dat");
  if (quote.has_value()) {
    const Appraisal appraisal = JudgeReal("tdx", *quote, RealReference());
    CHECK(appraisal.FirstFailure().empty());
    CHECK(appraisal.claims["fmspc"] == "90c06f000000");
    CHECK(appraisal.claims["quote"]["type"] == "0300");
  }
}

TEST_CASE("The quote of a debug TD is refused for that alone") {
  const auto quote = test::ReadVector("tdx/tdx_quote_4_debug.dat");
  if (quote.has_value()) {
    CHECK(FailedNames(JudgeReal("tdx", *quote, RealReference())) == Names{"quote.debug"});
    ReferenceValues reference = RealReference();
    reference.allow_debug = true;
    const Appraisal appraisal = JudgeReal("tdx", *quote, reference);
    CHECK(appraisal.FirstFailure().empty());
    // The example in the documentation of Trustee's verifier.
    CHECK(appraisal.claims["quote"]["body"]["td_attributes"] == "0100001000000000");
    CHECK(appraisal.claims["quote"]["body"]["xfam"] == "e742060000000000");
  }
}

TEST_CASE("The quote inside evidence of an Azure TD is good") {
  const auto evidence = test::ReadVector("az-tdx-vtpm/evidence-v1.json");
  if (evidence.has_value()) {
    const base::Json json = base::ParseJson(*evidence).value();
    const auto quote = base::Base64UrlPaddedDecode(base::GetString(json, "td_quote").value());
    const Appraisal appraisal =
        JudgeReal("tdx", std::string(base::AsText(quote.value())), RealReference());
    CHECK(appraisal.FirstFailure().empty());
  }
}

TEST_CASE("Filler that is no quote cannot be read") {
  const auto report = test::ReadVector("tdx/tdreport.dat");
  if (report.has_value()) {
    const ReferenceValues reference = RealReference();
    CHECK(absl::IsInvalidArgument(
        Appraise("tdx", {.raw = base::AsBytes(*report), .reference = reference}).status()));
  }
}

TEST_CASE("A quote of an SGX enclave is judged by the same chain") {
  const auto quote = test::ReadVector("sgx/occlum_quote.dat");
  if (quote.has_value()) {
    ReferenceValues reference = RealReference();
    reference.at = absl::FromCivil(absl::CivilDay(2023, 6, 1), absl::UTCTimeZone());
    reference.allow_debug = true;
    const Appraisal appraisal = JudgeReal("sgx", *quote, reference);
    CHECK(appraisal.FirstFailure().empty());
    CHECK(appraisal.claims["body"]["mr_enclave"].get<std::string>().starts_with("8f173e46"));
    CHECK(appraisal.claims["report_data"].get<std::string>().starts_with("74657374"));
    CHECK(JudgeReal("tdx", *quote, reference).FirstFailure().starts_with("quote.version"));
  }
}

TEST_CASE("The firmware's logs replay to the registers that Trustee finds") {
  struct Row {
    std::string name;
    Names rtmrs;
  };
  const Row row = GENERATE(values<Row>({
      {"eventlog/CCEL_data_ovmf", {"8566f998", "775b9f6b", "94eaf7a7"}},
      {"eventlog/CCEL_data_grub", {"cec0a104", "6c289e0c", "08919d01"}},
  }));
  const auto log = test::ReadVector(row.name);
  if (!log.has_value()) {
    return;
  }
  const auto parsed = eventlog::ParseTcgLog(base::AsBytes(*log)).value();
  const auto registers = eventlog::Replay(parsed, base::HashAlgorithm::kSha384).value();
  fakes::TdQuoteSpec spec = GoodSpec();
  for (uint32_t rtmr = 0; rtmr < 3; ++rtmr) {
    const base::Bytes& value = registers.at(rtmr + 1);
    CHECK(base::HexEncode(value).starts_with(row.rtmrs.at(rtmr)));
    std::copy(value.begin(), value.end(), spec.rtmrs.at(rtmr).begin());
  }
  const base::Bytes quote = Signer().Quote(spec).value();
  const ReferenceValues reference = GoodReference();
  const Question question = {
      .raw = quote, .event_log = base::AsBytes(*log), .reference = reference};
  CHECK(Appraise("tdx", question)->FirstFailure().empty());
}

}  // namespace
}  // namespace attestd::appraisal
