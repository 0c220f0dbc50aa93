// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/pcr_registers.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "base/encoding.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm/tpm_source.h"
#include "test/tee/tpm/fake_tpm_device.h"

namespace attestd::tee::tpm2 {
namespace {

using tpm::ExtendFault;

constexpr uint32_t kPcr = 23;

struct Bench {
  tpm::FakeTpmDevice device;
  QuotingTpm tpm{device};
  PcrRegisters registers{tpm};

  absl::Status Extend(uint64_t pcr, const base::Bytes& digest = base::Bytes(32, 0xd1)) {
    return registers.Extend(pcr, digest, base::Deadline::Infinite());
  }
  absl::Status Bind(const base::Bytes& digest) {
    return BindInitDataPcr(tpm, digest, base::Deadline::Infinite());
  }
};

base::Bytes ExtendedOnce(const base::Bytes& digest = base::Bytes(32, 0xd1)) {
  base::Bytes input(32);
  input.insert(input.end(), digest.begin(), digest.end());
  return *base::Hash(base::HashAlgorithm::kSha256, input);
}

TEST_CASE("Case 34: PCRs of firmware, init data and other localities are refused by name") {
  const uint64_t pcr = GENERATE(as<uint64_t>{}, 0, 1, 7, 8, 17, 20, 22, 24, 1U << 31,
                                uint64_t{1} << 32, (uint64_t{1} << 32) + 16, ~uint64_t{0});
  Bench bench;
  const auto index = bench.registers.EventLogIndex(pcr);
  INFO(index.status().ToString());
  CHECK(absl::IsPermissionDenied(index.status()));
  CHECK_THAT(std::string(index.status().message()), Catch::Contains("PCR " + std::to_string(pcr)) &&
                                                        Catch::Contains("PCR 9 to 16 and 23"));
  CHECK(absl::IsPermissionDenied(bench.Extend(pcr)));
  CHECK(bench.device.reads + bench.device.extends == 0);
}

TEST_CASE("The PCRs for run-time measurements are extended, and read back") {
  const uint64_t pcr = GENERATE(9U, 10U, 11U, 12U, 13U, 14U, 15U, 16U, 23U);
  Bench bench;
  CHECK(bench.registers.hash() == base::HashAlgorithm::kSha256);
  CHECK(*bench.registers.EventLogIndex(pcr) == pcr);
  REQUIRE(bench.Extend(pcr).ok());
  CHECK(*bench.registers.Read(pcr, base::Deadline::Infinite()) == ExtendedOnce());
  CHECK(bench.device.pcrs.at(pcr) == ExtendedOnce());
}

TEST_CASE("A digest of another size extends nothing") {
  const size_t size =
      GENERATE(size_t{0}, size_t{20}, size_t{31}, size_t{33}, size_t{48}, size_t{64});
  Bench bench;
  CHECK(absl::IsInvalidArgument(bench.Extend(kPcr, base::Bytes(size))));
  CHECK(bench.device.extends == 0);
}

TEST_CASE("Any PCR that a TPM has may be read, no other") {
  Bench bench;
  for (const uint64_t pcr : {0U, 7U, 8U, 17U, 23U}) {
    CHECK(bench.registers.Read(pcr, base::Deadline::Infinite()).ok());
  }
  for (const uint64_t pcr : {uint64_t{24}, uint64_t{1} << 32}) {
    CHECK(absl::IsInvalidArgument(bench.registers.Read(pcr, base::Deadline::Infinite()).status()));
  }
}

TEST_CASE("Case 80: a connection that breaks around an extend extends once, not twice") {
  const ExtendFault fault = GENERATE(ExtendFault::kLostRequest, ExtendFault::kLostAnswer);
  Bench bench;
  bench.device.extend_faults = {fault};
  REQUIRE(bench.Extend(kPcr).ok());
  CHECK(bench.device.pcrs[kPcr] == ExtendedOnce());
  CHECK(bench.device.closes == 1);
}

TEST_CASE("An extend whose outcome cannot be told is an error, and is not repeated") {
  Bench bench;
  bench.device.extend_faults = {ExtendFault::kOtherExtend};
  const absl::Status status = bench.Extend(kPcr);
  CHECK(absl::IsUnavailable(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains("by another"));
  CHECK(bench.device.extends == 1);
}

TEST_CASE("A connection that stays broken fails the extend") {
  Bench bench;
  bench.device.extend_faults = {ExtendFault::kLostRequest, ExtendFault::kLostRequest};
  CHECK(absl::IsUnavailable(bench.Extend(kPcr)));
  CHECK(bench.device.extends == 2);
  CHECK(bench.device.pcrs[kPcr] == base::Bytes(32));
  CHECK(bench.Extend(kPcr).ok());
}

TEST_CASE("Case 80: lockout fails the extend at once") {
  Bench bench;
  bench.device.extend_faults = {ExtendFault::kLockout};
  CHECK(absl::IsFailedPrecondition(bench.Extend(kPcr)));
  CHECK(bench.device.extends == 1);
}

TEST_CASE("Init data is bound to PCR 8 once, as verifiers expect it") {
  // A check value from a real deployment.
  const base::Bytes digest =
      *base::HexDecode("8505e4e25e50a27c5dc8147af88efbece627fbea55291911eff832d9ee127781");
  Bench bench;
  REQUIRE(bench.Bind(digest).ok());
  CHECK(base::HexEncode(bench.device.pcrs[8]) ==
        "bddaccb9c52249e97a31baea61b7d91be8221a16e703d92148d04fb8e9c1dfdd");
  CHECK(bench.Bind(digest).ok());
  CHECK(bench.device.extends == 1);
}

TEST_CASE("Init data is refused where PCR 8 holds anything else") {
  Bench bench;
  REQUIRE(bench.Bind(base::Bytes(32, 1)).ok());
  const absl::Status status = bench.Bind(base::Bytes(32, 2));
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kInitDataUnbound);
  CHECK_THAT(std::string(status.message()),
             Catch::Contains("PCR 8 holds " + base::HexEncode(bench.device.pcrs[8])) &&
                 Catch::Contains("GRUB"));
  CHECK(bench.device.extends == 1);
}

TEST_CASE("A digest of init data that PCR 8 cannot bind names the algorithm to use") {
  const size_t size = GENERATE(size_t{0}, size_t{31}, size_t{33}, size_t{48}, size_t{64});
  Bench bench;
  const absl::Status status = bench.Bind(base::Bytes(size, 7));
  CHECK(absl::IsInvalidArgument(status));
  CHECK(base::GetReason(status) == base::Reason::kInitDataUnbound);
  CHECK_THAT(std::string(status.message()), Catch::Contains("sha256"));
  CHECK(bench.device.reads == 0);
}

TEST_CASE("Evidence after an extend shows the new value") {
  auto owned = std::make_unique<tpm::FakeTpmDevice>();
  const tpm::FakeTpmDevice& device = *owned;
  tpm::TpmSource source(std::move(owned));
  const auto pcr = [&] {
    const auto evidence =
        source.Collect(*evidence::ReportData::Create({}), base::Deadline::Infinite());
    return tpm::ParseEvidence(evidence->json)->pcrs[kPcr];
  };
  CHECK(pcr() == base::Bytes(32));
  REQUIRE(source.registers() != nullptr);
  REQUIRE(source.registers()->Extend(kPcr, base::Bytes(32, 0xd1), base::Deadline::Infinite()).ok());
  CHECK(pcr() == ExtendedOnce());
  CHECK(pcr() == device.pcrs[kPcr]);
  CHECK(source.BindInitData(base::Bytes(32, 5), base::Deadline::Infinite()).ok());
  CHECK(device.pcrs[8] == ExtendedOnce(base::Bytes(32, 5)));
}

}  // namespace
}  // namespace attestd::tee::tpm2
