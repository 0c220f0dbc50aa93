// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm/tpm_source.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "tee/tpm/format/evidence.h"
#include "test/tee/tpm/fake_tpm_device.h"

namespace attestd::tee::tpm {
namespace {

struct Bench {
  Bench() : owned(std::make_unique<FakeTpmDevice>()), tpm(*owned), source(std::move(owned)) {}

  absl::StatusOr<evidence::Evidence> Collect(const base::Bytes& report_data = {1, 2, 3}) {
    return source.Collect(*evidence::ReportData::Create(report_data), base::Deadline::Infinite());
  }
  // Whether the evidence holds together and carries the TPM's present PCRs.
  bool IsTrue(const absl::StatusOr<evidence::Evidence>& evidence) const {
    if (!evidence.ok()) {
      return false;
    }
    const auto parsed = ParseEvidence(evidence->json);
    const auto quote = tpm2::ParseQuote(parsed->message);
    return parsed->pcrs == tpm.pcrs && *tpm2::PcrDigest(parsed->pcrs) == quote->pcr_digest;
  }

  std::unique_ptr<FakeTpmDevice> owned;  // moved into source
  FakeTpmDevice& tpm;
  TpmSource source;
};

base::Bytes ExtraDataOf(const absl::StatusOr<evidence::Evidence>& evidence) {
  REQUIRE(evidence.ok());
  return tpm2::ParseQuote(ParseEvidence(evidence->json)->message)->extra_data;
}

TEST_CASE("TpmSource carries report data padded or cut to 32 bytes") {
  Bench bench;
  base::Bytes padded(32);
  padded[0] = 9;
  CHECK(ExtraDataOf(bench.Collect({9})) == padded);
  CHECK(ExtraDataOf(bench.Collect({})) == base::Bytes(32));
  base::Bytes digest(48, 0x38);
  CHECK(ExtraDataOf(bench.Collect(digest)) == base::Bytes(32, 0x38));
  CHECK(bench.source.report_data_limit() == 32);
  CHECK(bench.source.tee() == "tpm");
}

TEST_CASE("TpmSource reads the PCRs again only when the quote shows that they moved") {
  Bench bench;
  CHECK(bench.IsTrue(bench.Collect()));
  CHECK(bench.tpm.reads == 1);
  CHECK(bench.IsTrue(bench.Collect()));
  CHECK(bench.tpm.reads == 1);
  bench.tpm.ExtendPcr16();
  CHECK(bench.IsTrue(bench.Collect()));
  CHECK(bench.tpm.reads == 2);
  CHECK(bench.tpm.quotes == 3);
  CHECK(bench.tpm.ak_requests == 1);
}

TEST_CASE("TpmSource quotes again when the PCRs moved between quote and reading") {
  Bench bench;
  bench.tpm.quote_faults = {Fault::kPcrsMove};
  CHECK(bench.IsTrue(bench.Collect()));
  CHECK(bench.tpm.quotes == 2);
}

TEST_CASE("TpmSource gives up when the PCRs keep changing") {
  Bench bench;
  bench.tpm.quote_faults.assign(100, Fault::kPcrsMove);
  const auto evidence = bench.Collect();
  CHECK(absl::IsUnavailable(evidence.status()));
  CHECK_THAT(std::string(evidence.status().message()), Catch::Contains("PCRs keep changing"));
  CHECK(bench.tpm.quotes == 5);
  bench.tpm.quote_faults.clear();
  CHECK(bench.IsTrue(bench.Collect()));
}

TEST_CASE("Case 81: TpmSource sends no quote that fails its own check") {
  const Fault fault = GENERATE(Fault::kWrongExtraData, Fault::kForeignSignature,
                               Fault::kForeignSelection, Fault::kWrongType);
  Bench bench;
  bench.tpm.quote_faults = {fault};
  const auto evidence = bench.Collect();
  CHECK(absl::IsFailedPrecondition(evidence.status()));
  CHECK(base::GetReason(evidence.status()) == base::Reason::kDeviceFailed);
  CHECK(bench.tpm.quotes == 1);
  // The next request starts with a fresh connection.
  CHECK(bench.tpm.closes == 1);
  CHECK(bench.IsTrue(bench.Collect()));
}

TEST_CASE("Case 80: TpmSource opens a broken or full connection again once") {
  const Fault fault = GENERATE(Fault::kIoError, Fault::kObjectMemory);
  Bench bench;
  CHECK(bench.IsTrue(bench.Collect()));
  bench.tpm.quote_faults = {fault};
  CHECK(bench.IsTrue(bench.Collect()));
  CHECK(bench.tpm.closes == 1);
  CHECK(bench.tpm.ak_requests == 2);
}

TEST_CASE("TpmSource reports a connection that stays broken, and recovers later") {
  Bench bench;
  bench.tpm.quote_faults = {Fault::kIoError, Fault::kIoError};
  const auto evidence = bench.Collect();
  CHECK(absl::IsUnavailable(evidence.status()));
  CHECK(base::GetReason(evidence.status()) == base::Reason::kDeviceFailed);
  CHECK_THAT(std::string(evidence.status().message()), Catch::Contains("TPM2_Quote"));
  CHECK(bench.tpm.quotes == 2);
  CHECK(bench.IsTrue(bench.Collect()));
}

TEST_CASE("Case 80: TpmSource does not try again on lockout") {
  Bench bench;
  bench.tpm.quote_faults = {Fault::kLockout};
  CHECK(absl::IsFailedPrecondition(bench.Collect().status()));
  CHECK(bench.tpm.quotes == 1);
}

TEST_CASE("TpmSource::Check asks the TPM for the key each time and opens it again once") {
  Bench bench;
  CHECK(bench.source.Check().ok());
  CHECK(bench.source.Check().ok());
  CHECK(bench.tpm.ak_requests == 2);
  const absl::Status broken =
      base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kDeviceFailed, "broken");
  bench.tpm.ak_faults = {broken};
  CHECK(bench.source.Check().ok());
  bench.tpm.ak_faults = {broken, broken};
  CHECK(absl::IsUnavailable(bench.source.Check()));
  CHECK(bench.source.Check().ok());
}

TEST_CASE("TpmSource passes on that the key is missing") {
  Bench bench;
  bench.tpm.ak_faults.assign(2, base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                                                 base::Reason::kKeyMissing, "no key"));
  CHECK(base::GetReason(bench.source.Check()) == base::Reason::kKeyMissing);
  CHECK(base::GetReason(bench.Collect().status()) == base::Reason::kKeyMissing);
  CHECK(bench.tpm.quotes == 0);
}

}  // namespace
}  // namespace attestd::tee::tpm
