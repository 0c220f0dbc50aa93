// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_TDX_SOURCE_H_
#define ATTESTD_TEE_TDX_TDX_SOURCE_H_

#include <memory>
#include <string>
#include <utility>

#include "evidence/evidence_source.h"
#include "tee/tdx/measurements.h"
#include "tee/tdx/quote_device.h"
#include "tee/tdx/tdreport_device.h"

namespace attestd::tee::tdx {

struct TdxSourceOptions {
  std::string ccel = {};               // the firmware's event log
  std::string event_log = {};          // the agent's
  std::string measurements_root = {};  // registers in sysfs
  // Whether evidence of a guest that its host may debug is sent.
  bool allow_debug = false;
};

// The devices of one guest; the quote device may borrow the other.
struct TdxDevices {
  std::unique_ptr<TdReportDevice> report;
  std::unique_ptr<QuoteDevice> quote;
};

// Evidence of a TDX guest: a quote over the report data, padded with zeros to 64 bytes, and the
// event log that explains its registers.
class TdxSource : public evidence::EvidenceSource {
 public:
  TdxSource(TdxDevices devices, TdxSourceOptions options)
      : devices_(std::move(devices)),
        options_(std::move(options)),
        registers_(options_.measurements_root) {}

  std::string_view tee() const override { return "tdx"; }
  size_t report_data_limit() const override { return kReportDataSize; }
  absl::Status Check() override { return devices_.quote->Check(); }
  // FailedPrecondition when the quote is not what a verifier will take: malformed, over other
  // report data, of an unknown version, or of a guest under debug.
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline deadline) override;
  // Compares with MRCONFIGID, which the host set before launch.
  absl::Status BindInitData(base::ByteView digest, base::Deadline deadline) override;
  evidence::RuntimeRegisters* registers() override { return &registers_; }

 private:
  static constexpr size_t kReportDataSize = 64;
  absl::StatusOr<base::Bytes> ReadMrConfigId(base::Deadline deadline);

  const TdxDevices devices_;
  const TdxSourceOptions options_;
  RtmrRegisters registers_;
};

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_TDX_SOURCE_H_
