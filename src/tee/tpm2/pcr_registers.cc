// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/pcr_registers.h"

#include <algorithm>
#include <string>

#include "base/encoding.h"

namespace attestd::tee::tpm2 {
namespace {

constexpr uint64_t kFirstStaticPcr = 9;
constexpr uint64_t kLastStaticPcr = 16;
constexpr uint64_t kApplicationPcr = 23;

}  // namespace

absl::StatusOr<uint32_t> PcrRegisters::EventLogIndex(uint64_t pcr) const {
  if ((pcr >= kFirstStaticPcr && pcr <= kLastStaticPcr) || pcr == kApplicationPcr) {
    return static_cast<uint32_t>(pcr);
  }
  return base::MakeStatus(
      absl::StatusCode::kPermissionDenied,
      "PCR " + std::to_string(pcr) + " is not for run-time measurements; PCR 9 to 16 and 23 are");
}

absl::StatusOr<base::Bytes> PcrRegisters::Read(uint64_t pcr, base::Deadline deadline) {
  return tpm_.ReadPcr(pcr, deadline);
}

absl::Status PcrRegisters::Extend(uint64_t pcr, base::ByteView digest, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const uint32_t index, EventLogIndex(pcr));
  if (digest.size() != kSha256Size) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "a PCR of the sha256 bank takes 32 bytes, not " + std::to_string(digest.size()));
  }
  return tpm_.ExtendPcr(index, digest, deadline);
}

absl::Status BindInitDataPcr(QuotingTpm& tpm, base::ByteView digest, base::Deadline deadline) {
  const absl::StatusOr<base::Bytes> expected = InitDataPcrValue(digest);
  RETURN_IF_ERROR(base::WithReason(expected.status(), base::Reason::kInitDataUnbound));
  ASSIGN_OR_RETURN(const base::Bytes found, tpm.ReadPcr(kInitDataPcr, deadline));
  if (std::all_of(found.begin(), found.end(), [](uint8_t byte) { return byte == 0; })) {
    return tpm.ExtendPcr(kInitDataPcr, digest, deadline);
  }
  if (found == *expected) {
    return absl::OkStatus();
  }
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kInitDataUnbound,
                          "PCR 8 holds " + base::HexEncode(found) + ", neither zeros nor " +
                              base::HexEncode(*expected) +
                              ", which binds this init data: other init data was bound since the "
                              "VM started, or a boot loader (GRUB does) measures into PCR 8");
}

}  // namespace attestd::tee::tpm2
