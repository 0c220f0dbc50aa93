// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_MEASUREMENTS_H_
#define ATTESTD_TEE_TDX_MEASUREMENTS_H_

#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "evidence/runtime_registers.h"

namespace attestd::tee::tdx {

// Where Linux 6.16 and later shows a TD's registers
// (Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest).
inline constexpr char kMeasurementsRoot[] = "/sys/devices/virtual/misc/tdx_guest/measurements";
constexpr size_t kRegisterSize = 48;

// A register's 48 bytes by its file's name ("mrconfigid", "rtmr3:sha384"). FailedPrecondition
// naming what is missing otherwise.
absl::StatusOr<base::Bytes> ReadMeasurement(const std::string& root, const std::string& name);

// RTMRs by PCR number, mapped as UEFI (section 38.4.1) and guest-components do: 1 and 7 to RTMR 0,
// 2 to 6 to RTMR 1, 8 to 15 to RTMR 2, the others to RTMR 3. The kernel lets root extend all four;
// events of workloads belong in RTMR 3, so that PCR 16 to 23 are the only ones that are extended.
class RtmrRegisters : public evidence::RuntimeRegisters {
 public:
  explicit RtmrRegisters(std::string root) : root_(std::move(root)) {}

  base::HashAlgorithm hash() const override { return base::HashAlgorithm::kSha384; }
  absl::StatusOr<uint32_t> EventLogIndex(uint64_t pcr) const override;
  absl::StatusOr<base::Bytes> Read(uint64_t pcr, base::Deadline deadline) override;
  absl::Status Extend(uint64_t pcr, base::ByteView digest, base::Deadline deadline) override;

 private:
  const std::string root_;
};

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_MEASUREMENTS_H_
