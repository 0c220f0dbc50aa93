// SPDX-License-Identifier: Apache-2.0
// The source against the kernel's interfaces as the file system in test/fuse stands in for them.
#include <catch2/catch.hpp>

#include "base/hash.h"
#include "tee/backend.h"
#include "tee/detect.h"
#include "tee/tdx/format/evidence.h"
#include "tee/tdx/format/quote.h"
#include "tee/tdx/tdreport_device.h"
#include "test/fuse/mount_or_skip.h"
#include "test/tee/tdx/qgs_peer.h"
#include "test/tee/tdx/quote_script.h"

namespace attestd::tee {
namespace {

using base::Bytes;

const Backend& Tdx() {
  static const std::vector<Backend> kBackends = BuiltInBackends();
  return **SelectBackend(kBackends, "tdx", {});
}

Settings At(const fake_tee::FakeTeeMount& mount) {
  return {{"tsm_root", mount.report_root()},
          {"device", mount.File("tdx_guest")},
          {"measurements_root", mount.File("measurements")},
          {"ccel", mount.File("CCEL")}};
}

evidence::ReportData Asked() { return evidence::ReportData::Create(Bytes(48, 0x5a)).value(); }

TEST_CASE("Quotes come through configfs-tsm, and no directory stays") {
  MOUNT_OR_SKIP(mount, "tdx_guest");
  CHECK(Tdx().probe(At(mount)).present);
  const auto source = Tdx().create(At(mount), {});
  CHECK(source->Check().ok());
  const auto collected = source->Collect(Asked(), tdx::Soon());
  INFO(collected.status().ToString());
  REQUIRE(collected.ok());
  const auto evidence = tdx::ParseEvidence(collected->json).value();
  CHECK(tdx::ParseQuote(evidence.quote)->header.version >= 4);
  CHECK(mount.Reports().empty());
}

TEST_CASE("Case 77: faults of configfs-tsm are tried again or named") {
  MOUNT_OR_SKIP(mount, "tdx_guest");
  const auto source = Tdx().create(At(mount), {});
  const auto collect = [&] { return source->Collect(Asked(), tdx::Soon()).status(); };
  SECTION("busy three times") {
    REQUIRE(mount.Control("outblob error EBUSY 3\n").ok());
    CHECK(collect().ok());
  }
  SECTION("empty: the host has no quote service") {
    REQUIRE(mount.Control("outblob empty 0 always\n").ok());
    const absl::Status status = collect();
    CHECK(absl::IsFailedPrecondition(status));
    CHECK_THAT(std::string(status.message()), Catch::Contains("quote service"));
  }
  SECTION("a quote over other report data") {
    REQUIRE(mount.Control("outblob wrong-nonce 0 always\n").ok());
    CHECK(absl::IsFailedPrecondition(collect()));
  }
  SECTION("16 MiB") {
    REQUIRE(mount.Control("outblob huge 16777216 always\n").ok());
    CHECK(absl::IsFailedPrecondition(collect()));
  }
  SECTION("the quote service is silent for good") {
    REQUIRE(mount.Control("outblob error ETIMEDOUT always\n").ok());
    const auto status =
        source->Collect(Asked(), base::Deadline::After(absl::Milliseconds(300))).status();
    CHECK(absl::IsDeadlineExceeded(status));
  }
  CHECK(mount.Reports().empty());
}

TEST_CASE("A quote service that is configured is used, also when it fails") {
  MOUNT_OR_SKIP(mount, "tdx_guest");
  const tdx::QgsPeer peer([](base::ByteView) { return Bytes(4, 0); });
  Settings settings = At(mount);
  settings["qgs"] = "unix:" + peer.path();
  const auto source = Tdx().create(settings, {});
  const absl::Status status = source->Collect(Asked(), tdx::Soon()).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains("quote generation service"));
  CHECK(mount.Count("tdx-guest") == 1);
  CHECK(mount.Count("mkdir") == 0);
}

TEST_CASE("TDREPORT by ioctl carries the report data, and its errors name the device") {
  MOUNT_OR_SKIP(mount, "tdx_guest");
  const auto device = tdx::CreateTdReportDevice(mount.File("tdx_guest"));
  CHECK(device->Check().ok());
  const Bytes report = device->GetTdReport(Bytes(64, 0x5a)).value();
  CHECK(Bytes(report.begin() + 128, report.begin() + 192) == Bytes(64, 0x5a));
  CHECK(absl::IsInvalidArgument(device->GetTdReport(Bytes(48)).status()));
  REQUIRE(mount.Control("tdx-guest error EBUSY\n").ok());
  CHECK(absl::IsUnavailable(device->GetTdReport(Bytes(64)).status()));
  REQUIRE(mount.Control("tdx-guest error EIO\n").ok());
  const absl::Status status = device->GetTdReport(Bytes(64)).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains("tdx_guest: TDX_CMD_GET_REPORT0"));
}

TEST_CASE("RTMR 3 is extended in sysfs, and shows in the next quote") {
  MOUNT_OR_SKIP(mount, "tdx_guest", {"--mrconfigid", std::string(96, 'a')});
  const auto source = Tdx().create(At(mount), {});
  evidence::RuntimeRegisters* registers = source->registers();
  REQUIRE(registers != nullptr);
  REQUIRE(registers->Extend(17, Bytes(48, 7), tdx::Soon()).ok());
  Bytes both(48);
  both.resize(96, 7);
  const Bytes expected = base::Hash(base::HashAlgorithm::kSha384, both).value();
  CHECK(registers->Read(17, tdx::Soon()).value() == expected);
  CHECK(registers->Read(8, tdx::Soon()).value() == Bytes(48));
  const auto evidence = tdx::ParseEvidence(source->Collect(Asked(), tdx::Soon())->json).value();
  const auto quote = tdx::ParseQuote(evidence.quote).value();
  CHECK(base::ToBytes(quote.td()->rtmrs.at(3)) == expected);
  CHECK(source->BindInitData(Bytes(48, 0xaa), tdx::Soon()).ok());
  CHECK(absl::IsFailedPrecondition(source->BindInitData(Bytes(48), tdx::Soon())));
}

}  // namespace
}  // namespace attestd::tee
