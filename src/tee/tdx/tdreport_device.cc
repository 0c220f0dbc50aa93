// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/tdreport_device.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/handle.h"
#include "tee/tdx/format/td_report.h"

namespace attestd::tee::tdx {
namespace {

// struct tdx_report_req of Linux' include/uapi/linux/tdx-guest.h, which Debian 12 does not ship.
struct ReportRequest {
  std::array<uint8_t, 64> report_data;
  std::array<uint8_t, kTdReportSize> report;
};
// TDX_CMD_GET_REPORT0 of the same header.
constexpr unsigned long kGetReport0 = _IOWR('T', 1, ReportRequest);
static_assert(kGetReport0 == 0xc4405401UL);

absl::Status Failed(int error, const std::string& what) {
  const absl::Status cause = base::ErrnoStatus(error, what);
  if (error == EBUSY || error == EINTR || error == EAGAIN) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kBusy,
                            std::string(cause.message()));
  }
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                          std::string(cause.message()));
}

class KernelTdReportDevice : public TdReportDevice {
 public:
  explicit KernelTdReportDevice(std::string path) : path_(std::move(path)) {}

  absl::Status Check() override { return Open().status(); }

  absl::StatusOr<base::Bytes> GetTdReport(base::ByteView report_data) override {
    ReportRequest request{};
    if (report_data.size() != request.report_data.size()) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              "report data of a TDREPORT has 64 bytes");
    }
    std::copy(report_data.begin(), report_data.end(), request.report_data.begin());
    ASSIGN_OR_RETURN(const base::UniqueFd device, Open());
    if (::ioctl(device.get(), kGetReport0, &request) != 0) {
      return Failed(errno, path_ + ": TDX_CMD_GET_REPORT0");
    }
    return base::ToBytes(request.report);
  }

 private:
  absl::StatusOr<base::UniqueFd> Open() const {
    base::UniqueFd device(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    if (!device.valid()) {
      const absl::Status cause = base::ErrnoStatus(errno, path_);
      return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
                              std::string(cause.message()) +
                                  "; a TDX guest has it when its kernel's tdx-guest is loaded");
    }
    return device;
  }

  const std::string path_;
};

}  // namespace

std::unique_ptr<TdReportDevice> CreateTdReportDevice(const std::string& path) {
  return std::make_unique<KernelTdReportDevice>(path);
}

}  // namespace attestd::tee::tdx
