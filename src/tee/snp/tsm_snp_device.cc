// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/tsm_snp_device.h"

#include <utility>

#include "tee/snp/format/cert_table.h"
#include "tee/tsm/tsm_report.h"

namespace attestd::tee::snp {
namespace {

// Room for a report that has grown: that it has the right size is judged elsewhere.
constexpr size_t kMaxOutblob = 4096;

class TsmSnpDevice : public SnpDevice {
 public:
  explicit TsmSnpDevice(const std::string& root) : root_(root), reporter_(root, kTsmProvider) {}

  std::string name() const override { return root_; }

  absl::Status Check() override {
    RETURN_IF_ERROR(reporter_.Check());
    reporter_.RemoveLeftovers();
    return absl::OkStatus();
  }

  absl::StatusOr<DeviceReport> GetReport(const ReportRequest& request,
                                         base::Deadline deadline) override {
    const tsm::TsmRequest wanted = {.inblob = base::ToBytes(request.report_data),
                                    .privlevel = request.vmpl,
                                    .max_outblob = kMaxOutblob,
                                    .max_auxblob = kMaxCertTableSize};
    absl::StatusOr<tsm::TsmReport> report = reporter_.Get(wanted, deadline);
    if (!report.ok()) {
      return Explain(report.status());
    }
    return DeviceReport{.report = std::move(report->outblob),
                        .cert_table = std::move(report->auxblob)};
  }

 private:
  static absl::Status Explain(const absl::Status& status) {
    if (base::GetReason(status) != base::Reason::kDeviceFailed) {
      return status;
    }
    return base::MakeStatus(status.code(), base::Reason::kDeviceFailed,
                            std::string(status.message()) +
                                "; after an error the kernel's sev-guest driver gives up its key "
                                "(VMPCK), and only a reboot of the guest brings it back");
  }

  const std::string root_;
  const tsm::TsmReporter reporter_;
};

}  // namespace

std::unique_ptr<SnpDevice> CreateTsmSnpDevice(const std::string& root) {
  return std::make_unique<TsmSnpDevice>(root);
}

}  // namespace attestd::tee::snp
