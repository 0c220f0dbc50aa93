// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

#include "test/fuse/guest_devices.h"

namespace attestd::fake_tee {
namespace {

constexpr const char* kPlace = "tdx-guest";
// struct tdx_report_req of <linux/tdx-guest.h>, which Debian 12's kernel headers lack.
constexpr size_t kReportDataSize = 64;
constexpr size_t kTdReportSize = 1024;
constexpr unsigned kGetReport0 = 0xc4405401;  // _IOWR('T', 1, struct tdx_report_req)

class TdxGuestFile : public OpenFile {
 public:
  TdxGuestFile(Provider& provider, FaultPlan& faults) : provider_(provider), faults_(faults) {}

  int Ioctl(const IoctlCall& call) override {
    if (call.command != kGetReport0 || call.argument.size() != kReportDataSize + kTdReportSize) {
      return -ENOTTY;
    }
    if (const int error = faults_.Enter(kPlace); error != 0) {
      return -error;
    }
    base::Bytes report_data(call.argument.begin(), call.argument.begin() + kReportDataSize);
    if (faults_.Take(kPlace, "wrong-nonce").has_value()) {
      report_data[0] ^= 0xffU;
    }
    const absl::StatusOr<base::Bytes> report = provider_.TdReport(report_data);
    if (!report.ok() || report->size() != kTdReportSize) {
      return -EIO;
    }
    std::copy(report->begin(), report->end(), call.argument.begin() + kReportDataSize);
    return 0;
  }

 private:
  Provider& provider_;
  FaultPlan& faults_;
};

class TdxGuest : public DeviceNode {
 public:
  TdxGuest(Provider& provider, FaultPlan& faults)
      : DeviceNode(faults), provider_(provider), faults_(faults) {}

 private:
  OpenResult OpenDevice() override {
    return {.error = 0, .file = std::make_unique<TdxGuestFile>(provider_, faults_)};
  }

  Provider& provider_;
  FaultPlan& faults_;
};

}  // namespace

std::unique_ptr<Subtree> MakeTdxGuest(Provider& provider, FaultPlan& faults) {
  return std::make_unique<TdxGuest>(provider, faults);
}

}  // namespace attestd::fake_tee
