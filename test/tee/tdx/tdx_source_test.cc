// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/tdx_source.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "tee/tdx/format/evidence.h"
#include "tee/tdx/format/quote.h"
#include "test/support/temp_dir.h"
#include "test/tee/tdx/quote_script.h"

namespace attestd::tee::tdx {
namespace {

using base::Bytes;
using fakes::TdQuoteSpec;

TdxSource Source(ScriptedQuotes::Answer quotes, TdxSourceOptions options = {},
                 ScriptedReports::Answer reports = NoDevice) {
  TdxDevices devices;
  devices.report = std::make_unique<ScriptedReports>(std::move(reports));
  devices.quote = std::make_unique<ScriptedQuotes>(std::move(quotes));
  return TdxSource(std::move(devices), std::move(options));
}

evidence::ReportData Asked(size_t size = 48) {
  return evidence::ReportData::Create(Bytes(size, 0x5a)).value();
}

TEST_CASE(
    "TDX evidence carries the report data padded to 64 bytes, and no log where there is none") {
  TdQuoteSpec spec;
  spec.version = GENERATE(uint16_t{4}, uint16_t{5});
  TdxSource source = Source(Quotes(spec));
  CHECK(source.tee() == "tdx");
  CHECK(source.report_data_limit() == 64);
  const size_t size = GENERATE(size_t{0}, size_t{48}, size_t{64});
  const auto collected = source.Collect(Asked(size), Soon());
  INFO(collected.status().ToString());
  REQUIRE(collected.ok());
  const TdxEvidence evidence = ParseEvidence(collected->json).value();
  CHECK_FALSE(evidence.cc_eventlog.has_value());
  Bytes expected(size, 0x5a);
  expected.resize(64);
  const auto quote = ParseQuote(evidence.quote).value();
  CHECK(base::ToBytes(quote.td()->report_data) == expected);
}

TEST_CASE("Case 77: a quote that is not what was asked for never leaves") {
  struct Row {
    std::string words;
    ScriptedQuotes::Answer answer;
  };
  const auto changed = [](auto change) {
    return [change](base::ByteView report_data) {
      TdQuoteSpec spec;
      spec.report_data = base::ToBytes(report_data);
      change(spec);
      return Signer().Quote(spec);
    };
  };
  const Row row = GENERATE_COPY(values<Row>({
      {"has no quote service", [](base::ByteView) { return Bytes(); }},
      {"TD quote", [](base::ByteView) { return Bytes(100); }},
      {"found 16777216", [](base::ByteView) { return Bytes(size_t{16} << 20); }},
      {"its report data is", changed([](TdQuoteSpec& s) { s.report_data.front() ^= 1; })},
      {"found type 0", changed([](TdQuoteSpec& s) { s.tee_type = 0; })},
      {"[tdx] allow_debug", changed([](TdQuoteSpec& s) { s.td_attributes |= 1; })},
  }));
  const absl::Status status = Source(row.answer).Collect(Asked(), Soon()).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceFailed);
  CHECK_THAT(std::string(status.message()),
             Catch::StartsWith("scripted quotes: ") && Catch::Contains(row.words));
}

TEST_CASE("Case 77: no answer in time is DeadlineExceeded, as the device says it") {
  const absl::Status status = Source([](base::ByteView) -> absl::StatusOr<Bytes> {
                                return absl::DeadlineExceededError("no answer");
                              })
                                  .Collect(Asked(), Soon())
                                  .status();
  CHECK(absl::IsDeadlineExceeded(status));
}

TEST_CASE("Evidence of a debug TD is sent when the configuration allows it") {
  TdQuoteSpec spec;
  spec.td_attributes |= kAttributeDebug;
  CHECK(Source(Quotes(spec), {.allow_debug = true}).Collect(Asked(), Soon()).ok());
}

TEST_CASE("Init data is compared with MRCONFIGID, padded or cut to 48 bytes") {
  TdQuoteSpec spec;
  spec.mr_config_id.fill(0x72);
  SECTION("from a TDREPORT") {
    TdxSource source = Source(NoDevice, {}, Reports(spec));
    CHECK(source.BindInitData(Bytes(48, 0x72), Soon()).ok());
    CHECK(source.BindInitData(Bytes(64, 0x72), Soon()).ok());
    const absl::Status status = source.BindInitData(Bytes(32, 0x72), Soon());
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(base::GetReason(status) == base::Reason::kInitDataUnbound);
    CHECK_THAT(std::string(status.message()), Catch::Contains("MRCONFIGID is 7272"));
  }
  SECTION("from a quote, where there is no device") {
    TdxSource source = Source(Quotes(spec));
    CHECK(source.BindInitData(Bytes(48, 0x72), Soon()).ok());
    CHECK(absl::IsFailedPrecondition(source.BindInitData(Bytes(48, 0x73), Soon())));
  }
  SECTION("from sysfs before all others") {
    const test::TempDir folder;
    std::ofstream(folder.File("mrconfigid"), std::ios::binary) << std::string(48, '\x11');
    TdxSource source = Source(NoDevice, {.measurements_root = folder.path()}, Reports(spec));
    CHECK(source.BindInitData(Bytes(48, 0x11), Soon()).ok());
    CHECK(absl::IsFailedPrecondition(source.BindInitData(Bytes(48, 0x72), Soon())));
  }
  SECTION("from nowhere") {
    TdxSource source = Source(NoDevice);
    const absl::Status status = source.BindInitData(Bytes(48), Soon());
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
    CHECK_THAT(std::string(status.message()), Catch::StartsWith("MRCONFIGID: "));
  }
  SECTION("from a TDREPORT that is none") {
    TdxSource source = Source(NoDevice, {}, [](base::ByteView) { return Bytes(1024); });
    CHECK(absl::IsFailedPrecondition(source.BindInitData(Bytes(48), Soon())));
  }
}

}  // namespace
}  // namespace attestd::tee::tdx
