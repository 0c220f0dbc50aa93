// SPDX-License-Identifier: Apache-2.0
// Devices beside the platform, its registers and its init data, all through the Collector.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/json.h"
#include "evidence/collector.h"
#include "test/fakes/fake_evidence_source.h"

namespace attestd::evidence {
namespace {

using fakes::FakeEvidenceSource;

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(10)); }

// A platform with two devices, each kept in sight.
struct Rig {
  std::unique_ptr<FakeEvidenceSource> platform = std::make_unique<FakeEvidenceSource>("tpm", 64);
  FakeEvidenceSource* primary = platform.get();
  std::unique_ptr<FakeEvidenceSource> nvidia = std::make_unique<FakeEvidenceSource>("nvidia", 32);
  FakeEvidenceSource* gpu = nvidia.get();
  Collector collector = Make();

  Collector Make() {
    Collector::Sources devices;
    devices.push_back(std::move(nvidia));
    devices.push_back(std::make_unique<FakeEvidenceSource>("sampledevice", 64));
    return Collector(std::move(platform), std::move(devices));
  }
};

std::string EncodedDigest(const base::Bytes& digest) { return base::Base64Encode(digest); }

TEST_CASE("Devices are bound to the handshake, and the platform to the devices' evidence") {
  Rig rig;
  const RuntimeData data("nonce", {{"kty", "EC"}});
  const auto evidence = rig.collector.CollectFor(data, base::HashAlgorithm::kSha384, Soon());
  REQUIRE(evidence.ok());
  const auto devices = base::ParseJson(evidence->additional);
  REQUIRE(devices.ok());
  REQUIRE(devices->size() == 2);
  const std::string bound = EncodedDigest(*data.DeviceDigest(base::HashAlgorithm::kSha384));
  CHECK((*devices)["nvidia"]["report_data"] == bound);
  CHECK((*devices)["sampledevice"]["report_data"] == bound);
  const auto primary = data.PrimaryDigest(base::HashAlgorithm::kSha384, evidence->additional);
  CHECK((*base::ParseJson(evidence->primary.json))["report_data"] == EncodedDigest(*primary));
  CHECK(rig.collector.device_tees() == std::vector<std::string>{"nvidia", "sampledevice"});
}

TEST_CASE("A device that fails costs the evidence, and is named") {
  Rig rig;
  rig.gpu->faults.push_back(absl::UnavailableError("is lost"));
  const RuntimeData data("nonce", {{"kty", "EC"}});
  const auto evidence = rig.collector.CollectFor(data, base::HashAlgorithm::kSha384, Soon());
  CHECK(absl::IsUnavailable(evidence.status()));
  CHECK_THAT(std::string(evidence.status().message()), Catch::Contains("device nvidia: is lost"));
  CHECK(rig.primary->calls == 0);
}

TEST_CASE("A device that is not there makes the whole not ready, and is named") {
  Rig rig;
  CHECK(rig.collector.Check(Soon()).ok());
  rig.gpu->check_status = absl::FailedPreconditionError("no driver");
  CHECK_THAT(std::string(rig.collector.Check(Soon()).message()),
             Catch::Contains("device nvidia: no driver"));
}

TEST_CASE("Case 30: report data is carried whole or refused, by the limit of each platform") {
  const size_t size = GENERATE(size_t{0}, size_t{63}, size_t{64}, size_t{65}, size_t{1} << 20);
  const size_t limit = GENERATE(size_t{32}, size_t{64});
  Collector collector(std::make_unique<FakeEvidenceSource>("sample", limit));
  const base::Bytes bytes(size, 0x5a);
  const auto evidence = collector.CollectRaw(bytes, Soon());
  CHECK(evidence.ok() == (size <= limit));
  if (evidence.ok()) {
    CHECK((*base::ParseJson(evidence->json))["report_data"] == base::Base64Encode(bytes));
  } else {
    CHECK(absl::IsInvalidArgument(evidence.status()));
    CHECK_THAT(std::string(evidence.status().message()),
               Catch::Contains("at most " + std::to_string(limit)));
  }
}

TEST_CASE("Case 30: evidence of devices obeys the least of their limits") {
  const size_t size =
      GENERATE(size_t{0}, size_t{32}, size_t{33}, size_t{64}, size_t{65}, size_t{1} << 20);
  Rig rig;
  const auto evidence = rig.collector.CollectDevices(base::Bytes(size, 1), Soon());
  CHECK(evidence.ok() == (size <= 32));
  if (!evidence.ok()) {
    CHECK(absl::IsInvalidArgument(evidence.status()));
    CHECK_THAT(std::string(evidence.status().message()), Catch::Contains("nvidia"));
  }
}

TEST_CASE("Without devices their evidence is empty") {
  Collector collector(std::make_unique<FakeEvidenceSource>());
  CHECK(collector.device_tees().empty());
  const auto evidence = collector.CollectDevices(base::Bytes(16), Soon());
  REQUIRE(evidence.ok());
  CHECK(evidence->empty());
}

TEST_CASE("Registers are used under the platform's turn, and may not be there") {
  auto source = std::make_unique<FakeEvidenceSource>();
  FakeEvidenceSource* primary = source.get();
  Collector collector(std::move(source));
  CHECK(absl::IsAborted(collector.UseRegisters(Soon(), [](RuntimeRegisters* registers) {
    return registers == nullptr ? absl::AbortedError("none") : absl::OkStatus();
  })));
  // A request that comes meanwhile waits, at most until its own deadline.
  const auto status = collector.UseRegisters(Soon(), [&](RuntimeRegisters*) {
    return collector.CollectRaw({}, base::Deadline::After(absl::Milliseconds(5))).status();
  });
  CHECK(absl::IsDeadlineExceeded(status));
  CHECK(primary->calls == 0);
  CHECK(collector.CollectRaw({}, Soon()).ok());
}

TEST_CASE("Init data is bound by the platform, or not where it has no place for it") {
  auto source = std::make_unique<FakeEvidenceSource>();
  FakeEvidenceSource* primary = source.get();
  Collector collector(std::move(source));
  CHECK(absl::IsUnimplemented(collector.BindInitData(base::Bytes(32, 1), Soon())));
  primary->bindable = true;
  CHECK(collector.BindInitData(base::Bytes(32, 2), Soon()).ok());
  CHECK(primary->bound == base::Bytes(32, 2));
}

}  // namespace
}  // namespace attestd::evidence
