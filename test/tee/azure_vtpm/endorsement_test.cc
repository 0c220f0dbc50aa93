// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "test/tee/azure_vtpm/source_bench.h"

namespace attestd::tee::azure_vtpm {
namespace {

TEST_CASE("The VCEK is asked for once, and again when the firmware's TCB changed") {
  Bench bench;
  bench.MustCollect();
  bench.MustCollect();
  CHECK(bench.imds.requests == 1);
  bench.device.paravisor.hardware = [](base::ByteView report_data) {
    base::Bytes report = fakes::UnsignedReport(Kind::kSnp)(report_data);
    report[0x187] = 0x49;
    return report;
  };
  bench.MustCollect();
  CHECK(bench.imds.requests == 2);
}

TEST_CASE("Case 83: SNP evidence goes without a VCEK that IMDS has not, or has wrong") {
  const int version = GENERATE(0, 1, 2);
  Bench bench(Kind::kSnp, version);
  SECTION("404") { bench.imds.http_status = 404; }
  SECTION("redirect") { bench.imds.http_status = 302; }
  SECTION("too long") { bench.imds.status = absl::ResourceExhaustedError("long"); }
  SECTION("garbage") {
    bench.imds.answer = [](const base::HttpRequest&) { return "<html>"; };
  }
  SECTION("another chip") {
    bench.imds.answer = [](const base::HttpRequest&) {
      static const fakes::SnpSigner kOther = *fakes::SnpSigner::Create({});
      return CertificationOf(kOther);
    };
  }
  CHECK(bench.MustCollect().endorsement.empty());
  // It is asked for again the next time.
  bench.MustCollect();
  CHECK(bench.imds.requests == 2);
}

TEST_CASE("Case 83: an IMDS that stays busy leaves SNP evidence its time") {
  Bench bench;
  bench.imds.http_status = 503;
  const auto evidence = bench.Collect(kDigest, absl::Seconds(6));
  REQUIRE(evidence.ok());
  CHECK(ParseEvidence(Kind::kSnp, evidence->json)->endorsement.empty());
  CHECK(bench.imds.requests > 1);
}

TEST_CASE("Case 83: TDX evidence needs the TD quote, and says where it was to come from") {
  Bench bench(Kind::kTdx);
  SECTION("refused") {
    bench.imds.http_status = 404;
    CheckRefused(bench.Collect(), "http://imds/acc/tdquote: HTTP status 404");
  }
  SECTION("no quote") {
    bench.imds.answer = [](const base::HttpRequest&) { return R"({"quote":"AAEC"})"; };
    CheckRefused(bench.Collect(), "TD quote from IMDS cannot be read");
  }
  SECTION("a quote of another machine") {
    const std::string other = [] {
      Bench elsewhere(Kind::kTdx);
      elsewhere.MustCollect(base::Bytes(48, 0x77));
      return QuoteReply(elsewhere.imds.last);
    }();
    bench.imds.answer = [&](const base::HttpRequest&) { return other; };
    CheckRefused(bench.Collect(), "not over this machine's TDREPORT");
  }
  SECTION("busy to the deadline") {
    bench.imds.http_status = 500;
    const absl::Status status = bench.Collect(kDigest, absl::Milliseconds(500)).status();
    CHECK(absl::IsUnavailable(status));
    CHECK_THAT(std::string(status.message()), Catch::Contains("HTTP status 500"));
    // The vTPM is not to blame: its connection stays.
    CHECK(bench.device.fake_tpm.closes == 0);
  }
}

}  // namespace
}  // namespace attestd::tee::azure_vtpm
