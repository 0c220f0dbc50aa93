// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/tsm_quote_device.h"

#include <utility>

#include "tee/tdx/format/quote.h"
#include "tee/tsm/tsm_report.h"

namespace attestd::tee::tdx {
namespace {

class TsmQuoteDevice : public QuoteDevice {
 public:
  explicit TsmQuoteDevice(const std::string& root) : root_(root), reporter_(root, kTsmProvider) {}

  std::string name() const override { return "configfs-tsm " + root_; }

  absl::Status Check() override {
    // At the start, and again whenever the device was away: what a killed process left behind.
    static_cast<void>(reporter_.RemoveLeftovers());
    return reporter_.Check();
  }

  absl::StatusOr<base::Bytes> GetQuote(base::ByteView report_data,
                                       base::Deadline deadline) override {
    tsm::TsmRequest request;
    request.inblob = base::ToBytes(report_data);
    request.max_outblob = kMaxQuoteSize;
    absl::StatusOr<tsm::TsmReport> report = reporter_.Get(request, deadline);
    if (!report.ok()) {
      return report.status();
    }
    return std::move(report->outblob);
  }

 private:
  const std::string root_;
  const tsm::TsmReporter reporter_;
};

}  // namespace

std::unique_ptr<QuoteDevice> CreateTsmQuoteDevice(const std::string& root) {
  return std::make_unique<TsmQuoteDevice>(root);
}

}  // namespace attestd::tee::tdx
