// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_SNP_DEVICE_H_
#define ATTESTD_TEE_SNP_SNP_DEVICE_H_

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"

namespace attestd::tee::snp {

struct ReportRequest {
  std::array<uint8_t, 64> report_data{};
  uint32_t vmpl = 0;  // 0 to 3
};

// As the device gave them: nothing is checked.
struct DeviceReport {
  base::Bytes report;
  base::Bytes cert_table;  // empty when the host gives none
};

// The seam at the SNP firmware. Calls come one at a time. Errors name the device and the step:
// FailedPrecondition with Reason::kDeviceMissing (absent, not to be opened, or another device) or
// Reason::kDeviceFailed (it answered with an error), Unavailable, DeadlineExceeded.
class SnpDevice {
 public:
  SnpDevice() = default;
  SnpDevice(const SnpDevice&) = delete;
  SnpDevice& operator=(const SnpDevice&) = delete;
  virtual ~SnpDevice() = default;

  // The path, for messages.
  virtual std::string name() const = 0;
  // Whether the device is there and is one; asks the firmware nothing.
  virtual absl::Status Check() = 0;
  // Tries again, with the identical request, for as long as the device is only busy.
  virtual absl::StatusOr<DeviceReport> GetReport(const ReportRequest& request,
                                                 base::Deadline deadline) = 0;
};

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_SNP_DEVICE_H_
