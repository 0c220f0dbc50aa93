// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_TDREPORT_DEVICE_H_
#define ATTESTD_TEE_TDX_TDREPORT_DEVICE_H_

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::tee::tdx {

inline constexpr char kTdxGuestDevice[] = "/dev/tdx_guest";

// The seam at the TDX module: reports that only this machine can check.
class TdReportDevice {
 public:
  TdReportDevice() = default;
  TdReportDevice(const TdReportDevice&) = delete;
  TdReportDevice& operator=(const TdReportDevice&) = delete;
  virtual ~TdReportDevice() = default;

  // Whether the device can be opened. FailedPrecondition naming it otherwise.
  virtual absl::Status Check() = 0;
  // TDREPORT of 1024 bytes over 64 bytes of report data. FailedPrecondition with the cause, or
  // Unavailable when the kernel asks to try again.
  virtual absl::StatusOr<base::Bytes> GetTdReport(base::ByteView report_data) = 0;
};

// The kernel's device (TDX_CMD_GET_REPORT0), opened for each report.
std::unique_ptr<TdReportDevice> CreateTdReportDevice(const std::string& path);

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_TDREPORT_DEVICE_H_
