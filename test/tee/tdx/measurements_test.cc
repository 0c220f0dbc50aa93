// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/measurements.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "test/support/temp_dir.h"
#include "test/tee/tdx/quote_script.h"

namespace attestd::tee::tdx {
namespace {

using base::Bytes;

TEST_CASE("PCRs are read from the RTMR that UEFI maps them to") {
  const test::TempDir folder;
  for (int i = 0; i < 4; ++i) {
    std::ofstream(folder.File("rtmr" + std::to_string(i) + ":sha384"), std::ios::binary)
        << std::string(48, static_cast<char>(i));
  }
  RtmrRegisters registers(folder.path());
  CHECK(registers.hash() == base::HashAlgorithm::kSha384);
  const auto [pcr, rtmr] = GENERATE(table<uint64_t, uint8_t>(
      {{1, 0}, {7, 0}, {2, 1}, {6, 1}, {8, 2}, {15, 2}, {16, 3}, {17, 3}, {23, 3}, {0, 3}}));
  CHECK(registers.Read(pcr, Soon()).value() == Bytes(48, rtmr));
  CHECK(absl::IsInvalidArgument(registers.Read(24, Soon()).status()));
}

TEST_CASE("Case 34: only PCR 16 to 23, in RTMR 3, take events") {
  const test::TempDir folder;
  RtmrRegisters registers(folder.path());
  for (uint64_t pcr = 0; pcr < 30; ++pcr) {
    CAPTURE(pcr);
    const bool allowed = pcr >= 16 && pcr <= 23;
    const absl::StatusOr<uint32_t> index = registers.EventLogIndex(pcr);
    CHECK(index.ok() == allowed);
    if (allowed) {
      CHECK(*index == 4);
    } else {
      CHECK(absl::IsPermissionDenied(index.status()));
      CHECK(base::GetReason(index.status()) == base::Reason::kRegisterForbidden);
      CHECK(absl::IsPermissionDenied(registers.Extend(pcr, Bytes(48), Soon())));
    }
  }
  CHECK(absl::IsPermissionDenied(registers.EventLogIndex(UINT64_MAX).status()));
}

TEST_CASE("A kernel without the registers is named with the version that has them") {
  RtmrRegisters registers("/nonexistent");
  for (const absl::Status& status :
       {registers.Read(17, Soon()).status(), registers.Extend(17, Bytes(48), Soon())}) {
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
    CHECK_THAT(std::string(status.message()),
               Catch::Contains("/nonexistent/rtmr3:sha384") && Catch::Contains("6.16"));
  }
}

TEST_CASE("A register takes a digest of 48 bytes only, and none after the deadline") {
  const test::TempDir folder;
  const std::string file = folder.File("rtmr3:sha384");
  std::ofstream(file, std::ios::binary) << std::string(48, '\0');
  RtmrRegisters registers(folder.path());
  CHECK(absl::IsInvalidArgument(registers.Extend(17, Bytes(32), Soon())));
  const base::Deadline past = base::Deadline::After(absl::ZeroDuration());
  CHECK(absl::IsDeadlineExceeded(registers.Extend(17, Bytes(48, 1), past)));
  CHECK(registers.Read(17, Soon()).value() == Bytes(48));
  CHECK(registers.Extend(17, Bytes(48, 1), Soon()).ok());
  CHECK(registers.Read(17, Soon()).value() == Bytes(48, 1));  // a plain file keeps what is written
}

TEST_CASE("A register of another size is refused") {
  const test::TempDir folder;
  std::ofstream(folder.File("mrconfigid"), std::ios::binary) << std::string(32, 'x');
  CHECK(absl::IsFailedPrecondition(ReadMeasurement(folder.path(), "mrconfigid").status()));
}

}  // namespace
}  // namespace attestd::tee::tdx
