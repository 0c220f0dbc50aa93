// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>

#include "base/encoding.h"
#include "tee/tdx/format/evidence.h"
#include "tee/tdx/format/qgs_message.h"
#include "tee/tdx/format/quote.h"
#include "tee/tdx/format/td_report.h"
#include "test/fakes/tdx_signer.h"

namespace attestd::tee::tdx {
namespace {

using base::Bytes;
using fakes::TdQuoteSpec;

const fakes::TdxSigner& Signer() {
  static const fakes::TdxSigner signer = fakes::TdxSigner::Create().value();
  return signer;
}

TdQuoteSpec Spec(uint16_t version = 4, uint16_t body_type = 3) {
  TdQuoteSpec spec;
  spec.version = version;
  spec.body_type = body_type;
  spec.report_data = Bytes(48, 0x5a);
  spec.mr_td.fill(1);
  spec.mr_config_id.fill(2);
  for (size_t i = 0; i < spec.rtmrs.size(); ++i) {
    spec.rtmrs.at(i).fill(static_cast<uint8_t>(0x10 + i));
  }
  return spec;
}

TEST_CASE("A TDREPORT gives the fields that were measured") {
  const TdQuoteSpec spec = Spec();
  const Bytes bytes = fakes::TdxSigner::TdReport(spec);
  const TdReport report = ParseTdReport(bytes).value();
  CHECK(base::HexEncode(report.report_data) ==
        base::HexEncode(spec.report_data) + std::string(32, '0'));
  CHECK(report.attributes == spec.td_attributes);
  CHECK(report.mr_td == spec.mr_td);
  CHECK(report.mr_config_id == spec.mr_config_id);
  CHECK(report.rtmrs == spec.rtmrs);
}

TEST_CASE("A TDREPORT of another size or type is refused") {
  const Bytes good = fakes::TdxSigner::TdReport(Spec());
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1023}, size_t{1025}}) {
    Bytes bytes = good;
    bytes.resize(size);
    CHECK(absl::IsInvalidArgument(ParseTdReport(bytes).status()));
  }
  Bytes bytes = good;
  bytes.front() = 0x0f;
  CHECK_THAT(std::string(ParseTdReport(bytes).status().message()),
             Catch::Contains("expected type 129"));
}

TEST_CASE("A quote of each version gives its header, body and certification") {
  const uint16_t version = GENERATE(uint16_t{4}, uint16_t{5});
  const uint16_t body_type = GENERATE(uint16_t{2}, uint16_t{3});
  const TdQuoteSpec spec = Spec(version, body_type);
  const Bytes bytes = Signer().Quote(spec).value();
  const Quote quote = ParseQuote(bytes).value();
  CHECK(quote.header.version == version);
  CHECK(quote.header.tee_type == kTeeTypeTdx);
  CHECK(quote.body_type == (version == 5 ? body_type : 0));
  REQUIRE(quote.td() != nullptr);
  CHECK(quote.td()->mr_td == spec.mr_td);
  CHECK(quote.td()->mr_config_id == spec.mr_config_id);
  CHECK(quote.td()->rtmrs == spec.rtmrs);
  CHECK(quote.td()->td_attributes == spec.td_attributes);
  CHECK(quote.td()->tee_tcb_svn == spec.tee_tcb_svn);
  const bool tdx15 = version == 5 && body_type == 3;
  CHECK((quote.td()->tee_tcb_svn2 == spec.tee_tcb_svn) == tdx15);
  CHECK(quote.signed_bytes.size() == (version == 4 ? 632U : tdx15 ? 702U : 638U));
  CHECK(quote.qe.isv_svn == spec.qe_svn);
  CHECK(quote.qe_auth.size() == 32);
  CHECK(quote.pck_chain.starts_with(Signer().pck().ToPem()));
}

TEST_CASE("Bytes behind the signature data are passed over, zero or not") {
  TdQuoteSpec spec = Spec();
  spec.trailing = Bytes(39, GENERATE(uint8_t{0}, uint8_t{0xee}));
  CHECK(ParseQuote(Signer().Quote(spec).value()).ok());
}

TEST_CASE("Case 77: a quote cut anywhere is refused, and one of 16 MiB") {
  const Bytes good = Signer().Quote(Spec(5)).value();
  for (size_t size = 0; size < good.size(); ++size) {
    const absl::Status status = ParseQuote(base::ByteView(good).first(size)).status();
    if (!absl::IsInvalidArgument(status)) {
      FAIL("cut to " << size << ": " << status.ToString());
    }
  }
  Bytes huge = good;
  huge.resize(size_t{16} << 20);
  CHECK_THAT(std::string(ParseQuote(huge).status().message()), Catch::Contains("16777216"));
}

TEST_CASE("A length inside a quote that lies is refused") {
  const Bytes good = Signer().Quote(Spec()).value();
  // The length of the signature data, of the certification, of the QE's data, of the chain.
  constexpr size_t kLength = 632;
  constexpr size_t kCertification = kLength + 4 + 128 + 2;
  constexpr size_t kAuth = kCertification + 4 + 384 + 64;
  constexpr size_t kChain = kAuth + 2 + 32 + 2;
  const size_t offset =
      GENERATE_COPY(size_t{kLength}, size_t{kCertification}, size_t{kAuth}, size_t{kChain});
  const auto change = GENERATE(values<std::function<void(uint8_t&)>>({
      [](uint8_t& byte) { ++byte; },
      [](uint8_t& byte) { --byte; },
  }));
  Bytes bytes = good;
  change(bytes.at(offset));
  CAPTURE(offset);
  CHECK(absl::IsInvalidArgument(ParseQuote(bytes).status()));
}

TEST_CASE("A quote of an unknown version, body or certification names what it found") {
  struct Row {
    uint16_t version;
    size_t offset;
    uint8_t value;
    std::string found;
  };
  const Row row = GENERATE(values<Row>({
      {4, 0, 2, "version: expected 3, 4 or 5, found 2"},
      {5, 48, 1, "body type: expected 2 or 3, found 1"},
      {5, 48, 2, "size of body type 2: expected 584, found 648"},
      {4, 632 + 4 + 128, 5, "expected type 6, found 5"},
      {4, 632 + 4 + 128 + 6 + 384 + 64 + 2 + 32, 4, "expected type 5, found 4"},
  }));
  Bytes bytes = Signer().Quote(Spec(row.version)).value();
  bytes.at(row.offset) = row.value;
  CHECK_THAT(std::string(ParseQuote(bytes).status().message()), Catch::Contains(row.found));
}

TEST_CASE("TDX evidence is read back as it was written, with a log or null") {
  TdxEvidence evidence{.quote = Bytes(3, 7), .cc_eventlog = std::nullopt};
  CHECK(FormatEvidence(evidence) == R"({"cc_eventlog":null,"quote":"BwcH"})");
  if (GENERATE(false, true)) {
    evidence.cc_eventlog = Bytes(2, 0xff);
    CHECK(FormatEvidence(evidence) == R"({"cc_eventlog":"//8=","quote":"BwcH"})");
  }
  const TdxEvidence again = ParseEvidence(FormatEvidence(evidence)).value();
  CHECK(again.quote == evidence.quote);
  CHECK(again.cc_eventlog == evidence.cc_eventlog);
}

TEST_CASE("TDX evidence of older attesters is read, malformed one is not") {
  CHECK(ParseEvidence(R"({"quote":"BwcH","aa_eventlog":"x y z"})").ok());
  const std::string bad =
      GENERATE(std::string("[]"), std::string("{}"), std::string(R"({"quote":7})"),
               std::string(R"({"quote":"_w=="})"), std::string(R"({"quote":"", "cc_eventlog":1})"),
               std::string(R"({"quote":"","cc_eventlog":"*"})"));
  CHECK(absl::IsInvalidArgument(ParseEvidence(bad).status()));
}

TEST_CASE("A request to the quote generation service is what qgs_msg_lib makes") {
  const Bytes message = FormatQgsQuoteRequest(Bytes(1024, 0x81));
  // Length in front, version 1.0, type 0, size, no error, report size, no id list.
  CHECK(base::HexEncode(base::ByteView(message).first(28)) ==
        "00000418"
        "01000000"
        "00000000"
        "18040000"
        "00000000"
        "00040000"
        "00000000");
  CHECK(message.size() == 4 + 24 + 1024);
}

// A get_quote response with a selected id of two bytes and a quote of three.
constexpr std::string_view kResponse =
    "01000100"
    "01000000"
    "1d000000"
    "00000000"
    "02000000"
    "03000000"
    "aaaa"
    "bbcc";

TEST_CASE("A response of the quote generation service gives the quote, or its error in words") {
  Bytes message = base::HexDecode(kResponse).value();
  message.push_back(0xdd);
  CHECK(ParseQgsQuoteResponse(message).value() == base::HexDecode("bbccdd").value());
  struct Row {
    size_t offset;
    uint8_t value;
    absl::StatusCode code;
    std::string words;
  };
  const Row row = GENERATE(values<Row>({
      {0, 2, absl::StatusCode::kInvalidArgument, "major version"},
      {4, 0, absl::StatusCode::kInvalidArgument, "type"},
      {8, 0x1c, absl::StatusCode::kInvalidArgument, "size"},
      {12, 2, absl::StatusCode::kFailedPrecondition, "error code 0x2 (unknown error)"},
      {16, 1, absl::StatusCode::kInvalidArgument, "bytes left"},
      {20, 4, absl::StatusCode::kInvalidArgument, ""},
  }));
  message.at(row.offset) = row.value;
  const absl::Status status = ParseQgsQuoteResponse(message).status();
  CAPTURE(row.offset, status.ToString());
  CHECK(status.code() == row.code);
  CHECK_THAT(std::string(status.message()), Catch::Contains(row.words));
}

TEST_CASE("Case 77: the length in front of a QGS message is bounded") {
  for (const std::string text : {"00000010", "00020000"}) {
    CHECK(ParseQgsLength(base::HexDecode(text).value()).ok());
  }
  for (const std::string text : {"", "000000", "0000000f", "01000000", "ffffffff", "0000001000"}) {
    CHECK(absl::IsInvalidArgument(ParseQgsLength(base::HexDecode(text).value()).status()));
  }
}

}  // namespace
}  // namespace attestd::tee::tdx
