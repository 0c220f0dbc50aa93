// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "appraisal/appraisal.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm2/format/quote.h"
#include "test/appraisal/failed_names.h"
#include "test/fakes/tcg_log_builder.h"
#include "test/fakes/tpm_quote_builder.h"
#include "test/support/vectors.h"

namespace attestd::appraisal {
namespace {

absl::StatusOr<Appraisal> Judge(std::string_view tee, std::string_view evidence,
                                base::ByteView report_data, const ReferenceValues& reference) {
  return Appraise(tee,
                  {.evidence_json = evidence, .report_data = report_data, .reference = reference});
}

using base::Bytes;
using fakes::FakeAk;
using fakes::TpmQuoteSpec;
using tee::tpm::TpmEvidence;

const Bytes kDigest(48, 0x5a);  // a SHA-384

const FakeAk& Ak() {
  static const FakeAk ak = FakeAk::Rsa(2048).value();
  return ak;
}

TpmQuoteSpec GoodSpec() {
  TpmQuoteSpec spec;
  spec.extra_data = Bytes(32, 0x5a);
  spec.pcrs[11] = Bytes(32, 0x11);
  return spec;
}

ReferenceValues GoodReference() {
  return {.trusted_aks = {Ak().SpkiDer().value()}, .expected_pcrs = {{11, Bytes(32, 0x11)}}};
}

Appraisal Judge(const TpmEvidence& evidence, const ReferenceValues& reference) {
  return Judge("tpm", tee::tpm::FormatEvidence(evidence), kDigest, reference).value();
}

TEST_CASE("TPM evidence that is right in everything passes with Trustee's claims") {
  const TpmEvidence evidence = BuildTpmEvidence(Ak(), GoodSpec()).value();
  const Appraisal appraisal = Judge(evidence, GoodReference());
  CHECK(FailedNames(appraisal).empty());
  CHECK(appraisal.passed());
  CHECK(appraisal.FirstFailure().empty());
  CHECK(appraisal.claims["report_data"] == base::HexEncode(Bytes(32, 0x5a)));
  CHECK(appraisal.claims["pcr11"] == base::HexEncode(Bytes(32, 0x11)));
  CHECK(appraisal.claims["pcr00"] == base::HexEncode(Bytes(32)));
  CHECK(appraisal.claims["ak_public"] == base::Base64Encode(evidence.ak_public));
}

struct SpecMutation {
  const char* what;
  const char* failing;
  std::function<void(TpmQuoteSpec&)> apply;
};

TEST_CASE("A TPM quote that is wrong in one thing fails exactly that check") {
  const auto mutation = GENERATE(values<SpecMutation>({
      {"magic", "quote.format", [](TpmQuoteSpec& s) { s.magic = 0xff544348; }},
      {"type certify", "quote.format", [](TpmQuoteSpec& s) { s.type = 0x8017; }},
      {"a byte too many", "quote.format", [](TpmQuoteSpec& s) { s.trailing = {0}; }},
      {"sha1 bank", "pcr.selection", [](TpmQuoteSpec& s) { s.selections[0].hash = 4; }},
      {"PCR 23 left out", "pcr.selection",
       [](TpmQuoteSpec& s) { s.selections[0].select[2] = 0x7f; }},
      {"PCR 0 left out", "pcr.selection",
       [](TpmQuoteSpec& s) { s.selections[0].select[0] = 0xfe; }},
      {"no bank", "pcr.selection", [](TpmQuoteSpec& s) { s.selections.clear(); }},
      {"a second bank", "pcr.selection",
       [](TpmQuoteSpec& s) {
         s.selections.push_back({.hash = 4, .select = {0xff, 0xff, 0xff}});
       }},
      {"digest", "pcr.digest", [](TpmQuoteSpec& s) { s.pcr_digest = Bytes(32, 1); }},
      {"one bit of extraData", "report_data", [](TpmQuoteSpec& s) { s.extra_data[31] ^= 1; }},
      {"extraData of 64 bytes", "report_data", [](TpmQuoteSpec& s) { s.extra_data.resize(64); }},
      {"extraData of 48 bytes", "report_data", [](TpmQuoteSpec& s) { s.extra_data = kDigest; }},
      {"no extraData", "report_data", [](TpmQuoteSpec& s) { s.extra_data.clear(); }},
      {"PCR 11", "pcr.11", [](TpmQuoteSpec& s) { s.pcrs[11][0] ^= 1; }},
      {"ECDSA scheme", "quote.signature", [](TpmQuoteSpec& s) { s.signature_scheme = 0x0018; }},
      {"PSS scheme", "quote.signature", [](TpmQuoteSpec& s) { s.signature_scheme = 0x0016; }},
      {"SHA-1 signature", "quote.signature", [](TpmQuoteSpec& s) { s.signature_hash = 4; }},
  }));
  CAPTURE(mutation.what);
  TpmQuoteSpec spec = GoodSpec();
  mutation.apply(spec);
  const Appraisal appraisal = Judge(BuildTpmEvidence(Ak(), spec).value(), GoodReference());
  CHECK(FailedNames(appraisal) == std::vector<std::string>{mutation.failing});
  CHECK_FALSE(appraisal.passed());
  CHECK_THAT(appraisal.FirstFailure(), Catch::StartsWith(std::string(mutation.failing) + ": "));
}

struct EvidenceMutation {
  const char* what;
  const char* failing;
  std::function<void(TpmEvidence&)> apply;
};

TEST_CASE("TPM evidence that was changed after the TPM signed fails exactly that check") {
  const auto mutation = GENERATE(values<EvidenceMutation>({
      {"signature", "quote.signature", [](TpmEvidence& e) { e.signature.back() ^= 1; }},
      {"signed field", "quote.signature", [](TpmEvidence& e) { e.message[8] ^= 1; }},
      {"PCR 3 in the list", "pcr.digest", [](TpmEvidence& e) { e.pcrs[3][31] ^= 1; }},
  }));
  CAPTURE(mutation.what);
  TpmEvidence evidence = BuildTpmEvidence(Ak(), GoodSpec()).value();
  mutation.apply(evidence);
  CHECK(FailedNames(Judge(evidence, GoodReference())) ==
        std::vector<std::string>{mutation.failing});
}

TEST_CASE("A TPM quote of another key is refused, and the fingerprint is shown") {
  const FakeAk other = FakeAk::Rsa(2048).value();
  const TpmEvidence evidence = BuildTpmEvidence(other, GoodSpec()).value();
  const Appraisal appraisal = Judge(evidence, GoodReference());
  CHECK(FailedNames(appraisal) == std::vector<std::string>{"ak.trusted"});
  const Bytes digest = base::Hash(base::HashAlgorithm::kSha256, evidence.ak_public).value();
  CHECK_THAT(appraisal.FirstFailure(), Catch::EndsWith("sha256:" + base::HexEncode(digest)));

  ReferenceValues both = GoodReference();
  both.trusted_aks.push_back(evidence.ak_public);
  CHECK(Judge(evidence, both).passed());
}

TEST_CASE("A TPM quote is refused when no key is trusted") {
  const Appraisal appraisal = Judge(BuildTpmEvidence(Ak(), GoodSpec()).value(), {});
  CHECK(FailedNames(appraisal) == std::vector<std::string>{"ak.trusted"});
}

TEST_CASE("A trusted AK of 1024 bits fails the size check only") {
  const FakeAk small = FakeAk::Rsa(1024).value();
  ReferenceValues reference = GoodReference();
  reference.trusted_aks = {small.SpkiDer().value()};
  const Appraisal appraisal = Judge(BuildTpmEvidence(small, GoodSpec()).value(), reference);
  CHECK(FailedNames(appraisal) == std::vector<std::string>{"ak.size"});
}

TEST_CASE("A trusted AK that is not RSA never verifies") {
  const FakeAk ec = FakeAk::EcP256().value();
  ReferenceValues reference = GoodReference();
  reference.trusted_aks = {ec.SpkiDer().value()};
  const Appraisal appraisal = Judge(BuildTpmEvidence(ec, GoodSpec()).value(), reference);
  CHECK(FailedNames(appraisal) == std::vector<std::string>{"ak.size", "quote.signature"});
}

TEST_CASE("Several faults are all reported") {
  TpmQuoteSpec spec = GoodSpec();
  spec.extra_data[0] ^= 1;
  spec.pcrs[11][0] ^= 1;
  TpmEvidence evidence = BuildTpmEvidence(Ak(), spec).value();
  evidence.signature.back() ^= 1;
  CHECK(FailedNames(Judge(evidence, GoodReference())) ==
        std::vector<std::string>{"quote.signature", "report_data", "pcr.11"});
}

TEST_CASE("Evidence that cannot be read is an error, not a verdict") {
  const std::string text = GENERATE("", "{}", "[]", "not json", R"({"ak_public":"AA=="})");
  CAPTURE(text);
  CHECK(Judge("tpm", text, kDigest, GoodReference()).status().code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE("An unknown platform is an error") {
  CHECK(Judge("abacus", "{}", kDigest, {}).status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("An appraisal without checks has not passed") { CHECK_FALSE(Appraisal{}.passed()); }

// From confidential-containers/trustee: signature and PCR digest are good, but extraData is 64
// bytes (an older attester), which today's rule refuses.
TEST_CASE("The recorded TPM evidence gets the verdict that is known for it") {
  const std::optional<std::string> text = test::ReadVector("tpm/tpm_evidence.json");
  if (!text.has_value()) {
    WARN("skipped: no recorded evidence");
    return;
  }
  const TpmEvidence evidence = tee::tpm::ParseEvidence(*text).value();
  ReferenceValues reference;
  reference.trusted_aks = {evidence.ak_public};
  const Appraisal appraisal = Judge("tpm", *text, kDigest, reference).value();
  CHECK(FailedNames(appraisal) == std::vector<std::string>{"report_data"});
}

// Init data, and two run-time events in PCR 23, as the evidence of them shows.
const Bytes kEvent(32, 0xe1);

Bytes Extended(const Bytes& value, const Bytes& digest) {
  return base::ExtendedValue(base::HashAlgorithm::kSha256, value, digest).value();
}

TpmEvidence MeasuredEvidence() {
  TpmQuoteSpec spec = GoodSpec();
  spec.pcrs[8] = Extended(Bytes(32), kEvent);
  spec.pcrs[23] = Extended(Extended(Bytes(32), kEvent), kEvent);
  return BuildTpmEvidence(Ak(), spec).value();
}

TEST_CASE("TPM evidence with init data is judged by PCR 8") {
  ReferenceValues reference = GoodReference();
  reference.init_data_digest = kEvent;
  CHECK(Judge(MeasuredEvidence(), reference).passed());
  // Of another size, or another digest: a failed check, never a crash.
  reference.init_data_digest =
      GENERATE(values<Bytes>({Bytes(32, 0xe2), Bytes(48, 0xe1), Bytes(31, 0xe1), Bytes()}));
  CHECK(FailedNames(Judge(MeasuredEvidence(), reference)) == std::vector<std::string>{"init_data"});
}

std::vector<std::string> FailedWithLog(const Bytes& log) {
  const std::string json = tee::tpm::FormatEvidence(MeasuredEvidence());
  const ReferenceValues reference = GoodReference();
  return FailedNames(
      Appraise(
          "tpm",
          {.evidence_json = json, .report_data = kDigest, .event_log = log, .reference = reference})
          .value());
}

TEST_CASE("An event log replays to each PCR of a TPM that it names, or fails there") {
  constexpr uint16_t kSha256Id = 0x000b;
  constexpr uint32_t kEventTag = 6;
  Bytes log = fakes::SpecIdRecord({{.id = kSha256Id, .digest_bytes = 32}});
  CHECK(FailedWithLog(log) == std::vector<std::string>{"event_log"});  // it extends no PCR
  const auto append = [&](uint32_t pcr, const Bytes& digest) {
    const Bytes record = fakes::LogRecord(pcr, kEventTag, kSha256Id, digest, "event");
    log.insert(log.end(), record.begin(), record.end());
  };
  append(23, kEvent);
  CHECK(FailedWithLog(log) == std::vector<std::string>{"event_log.pcr23"});
  append(23, kEvent);
  CHECK(FailedWithLog(log).empty());
  append(16, kEvent);
  append(99, kEvent);
  CHECK(FailedWithLog(log) == std::vector<std::string>{"event_log.pcr16", "event_log.pcr99"});
  CHECK(FailedWithLog(Bytes(40, 0x41)) == std::vector<std::string>{"event_log"});
}

}  // namespace
}  // namespace attestd::appraisal
