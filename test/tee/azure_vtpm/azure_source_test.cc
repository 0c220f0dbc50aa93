// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "test/tee/azure_vtpm/source_bench.h"

namespace attestd::tee::azure_vtpm {
namespace {

using tpm::Fault;

TEST_CASE("AzureSource carries the report data unpadded in the quote, and as user-data") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  Bench bench(kind);
  const AzureEvidence evidence = bench.MustCollect();
  CHECK(bench.source.tee() == TeeName(kind));
  CHECK(evidence.version == 2);
  const auto quote = tpm2::ParseQuote(evidence.message);
  CHECK(quote->extra_data == kDigest);
  CHECK(*tpm2::PcrDigest(evidence.pcrs) == quote->pcr_digest);
  CHECK(evidence.signature.size() == 256);
  base::Bytes padded = kDigest;
  padded.resize(64);
  CHECK(UserData(evidence) == padded);
  if (kind == Kind::kSnp) {
    CHECK(evidence.endorsement == Signer().vcek().ToDer());
  } else {
    CHECK(evidence.endorsement.size() > 1000);
  }
}

TEST_CASE("AzureSource writes no user-data for evidence of version 1 and 0") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  const int version = GENERATE(0, 1);
  Bench bench(kind, version);
  const AzureEvidence evidence = bench.MustCollect();
  CHECK(evidence.version == version);
  CHECK(tpm2::ParseQuote(evidence.message)->extra_data == kDigest);
  CHECK(bench.device.writes == 0);
  CHECK(bench.device.locks == 0);
}

TEST_CASE("AzureSource takes 0 to 50 bytes of report data, no more") {
  Bench bench;
  CHECK(bench.source.report_data_limit() == 50);
  CHECK(tpm2::ParseQuote(bench.MustCollect({}).message)->extra_data.empty());
  CHECK(bench.device.writes == 0);
  CHECK(tpm2::ParseQuote(bench.MustCollect(base::Bytes(50, 9)).message)->extra_data.size() == 50);
  const size_t size = GENERATE(size_t{51}, size_t{64});
  const absl::Status status = bench.Collect(base::Bytes(size, 9)).status();
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains("sha384"));
}

TEST_CASE("AzureSource waits until the paravisor has taken user-data over") {
  Bench bench;
  bench.device.stale_reads = 3;
  bench.MustCollect();
  CHECK(bench.device.reads == 4);
  CHECK(bench.device.writes == 1);
  // What is there from the last request does not do for the next.
  const base::Bytes next(48, 0x99);
  CHECK(UserData(bench.MustCollect(next))[0] == 0x99);
}

TEST_CASE("Case 82: user-data that another process wrote is written again") {
  Bench bench;
  bench.device.foreign_writes = 2;
  const AzureEvidence evidence = bench.MustCollect();
  CHECK(UserData(evidence)[0] == 0x3c);
  CHECK(bench.device.writes == 3);
}

TEST_CASE("Case 82: AzureSource gives up when another process keeps writing user-data") {
  Bench bench;
  bench.device.foreign_writes = 1'000'000;
  CheckRefused(bench.Collect(), "does another process write");
  CHECK(bench.device.writes > 2);
  bench.device.foreign_writes = 0;
  bench.MustCollect();
}

TEST_CASE("Case 82: a torn HCL report is read again") {
  Bench bench(GENERATE(Kind::kSnp, Kind::kTdx));
  bench.device.image_faults = {[](auto& image) { image[0x600] ^= 1; },
                               [](auto& image) { image[1216] ^= 1; },
                               [](auto& image) { image.resize(1024); }};
  bench.MustCollect();
  CHECK(bench.device.reads == 4);
}

TEST_CASE("Case 82: an HCL report that stays wrong is never sent") {
  struct Wrong {
    size_t offset;
    std::string why;
  };
  // Of a digit of vmUniqueId, which stays JSON.
  const std::string runtime = fakes::RuntimeData(Bench().device.paravisor.ak_spki, {});
  const size_t digit = 1236 + runtime.find("00000000-0000-4000");
  const auto wrong = GENERATE_COPY(values<Wrong>({{0, "HCLA"},
                                                  {8, "report_size"},
                                                  {1216, "data_size"},
                                                  {1236, "JSON"},
                                                  {0x20 + 0x50, "SHA-256 of the runtime data"},
                                                  {digit, "SHA-256 of the runtime data"}}));
  const int version = GENERATE(1, 2);
  Bench bench(Kind::kSnp, version);
  bench.device.image_faults.assign(1000, [&](base::Bytes& image) { image[wrong.offset] ^= 0x01; });
  CheckRefused(bench.Collect(), wrong.why);
  CHECK(bench.device.fake_tpm.quotes == 0);
  CHECK(bench.imds.requests == 0);
}

TEST_CASE("Case 81: a quote by another key than the HCL report names is never sent") {
  Bench bench;
  bench.device.paravisor.ak_spki = bench.device.fake_tpm.OtherSpki();
  CheckRefused(bench.Collect(), "HCLAkPub");
  CHECK(absl::IsFailedPrecondition(bench.source.Check()));
}

TEST_CASE("Case 81: AzureSource sends no quote that fails its own check") {
  const Fault fault = GENERATE(Fault::kWrongExtraData, Fault::kForeignSignature,
                               Fault::kForeignSelection, Fault::kWrongType);
  Bench bench;
  bench.device.fake_tpm.quote_faults = {fault};
  CheckRefused(bench.Collect(), "before sending");
  CHECK(bench.device.fake_tpm.quotes == 1);
  bench.MustCollect();
}

TEST_CASE("Case 80: AzureSource opens a broken or full connection again once") {
  const Fault fault = GENERATE(Fault::kIoError, Fault::kObjectMemory);
  Bench bench;
  bench.device.fake_tpm.quote_faults = {fault};
  bench.MustCollect();
  CHECK(bench.device.fake_tpm.closes == 1);
  bench.device.fake_tpm.quote_faults = {fault, fault};
  CHECK(absl::IsUnavailable(bench.Collect().status()));
  bench.device.read_faults = {base::MakeStatus(absl::StatusCode::kUnavailable,
                                               base::Reason::kDeviceFailed, "TPM2_NV_Read")};
  bench.MustCollect();
}

TEST_CASE("Case 80: AzureSource does not try again on lockout") {
  Bench bench;
  bench.device.fake_tpm.quote_faults = {Fault::kLockout};
  CHECK(absl::IsFailedPrecondition(bench.Collect().status()));
  CHECK(bench.device.fake_tpm.quotes == 1);
}

TEST_CASE("AzureSource quotes again when the PCRs moved, and shows an extended one") {
  Bench bench;
  bench.device.fake_tpm.quote_faults = {Fault::kPcrsMove};
  CHECK(bench.MustCollect().pcrs == bench.device.fake_tpm.pcrs);
  REQUIRE(
      bench.source.registers()->Extend(23, base::Bytes(32, 1), base::Deadline::Infinite()).ok());
  REQUIRE(bench.source.BindInitData(base::Bytes(32, 2), base::Deadline::Infinite()).ok());
  const AzureEvidence evidence = bench.MustCollect();
  CHECK(evidence.pcrs == bench.device.fake_tpm.pcrs);
  CHECK(evidence.pcrs[8] != base::Bytes(32));
}

TEST_CASE("AzureSource refuses an HCL report of the other kind") {
  Bench bench;
  bench.device.paravisor.kind = Kind::kTdx;
  bench.device.paravisor.hardware = fakes::UnsignedReport(Kind::kTdx);
  CheckRefused(bench.Collect(), "[azure_vtpm] kind");
  CHECK_THAT(std::string(bench.source.Check().message()), Catch::Contains("az-tdx-vtpm"));
}

TEST_CASE("AzureSource::Check looks at key and HCL report, and writes nothing") {
  Bench bench;
  CHECK(bench.source.Check().ok());
  CHECK(bench.device.writes == 0);
  CHECK(bench.imds.requests == 0);
  bench.device.read_faults.assign(2, base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                                                      base::Reason::kDeviceMissing, "no index"));
  CHECK(base::GetReason(bench.source.Check()) == base::Reason::kDeviceMissing);
}

}  // namespace
}  // namespace attestd::tee::azure_vtpm
