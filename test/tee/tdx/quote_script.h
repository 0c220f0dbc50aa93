// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TEE_TDX_QUOTE_SCRIPT_H_
#define ATTESTD_TEST_TEE_TDX_QUOTE_SCRIPT_H_

#include <functional>
#include <string>

#include "tee/tdx/quote_device.h"
#include "tee/tdx/tdreport_device.h"
#include "test/fakes/tdx_signer.h"

// Devices of a guest whose answers a test sets.
namespace attestd::tee::tdx {

inline const fakes::TdxSigner& Signer() {
  static const fakes::TdxSigner signer = fakes::TdxSigner::Create().value();
  return signer;
}

// Quotes over what was asked for, unless `answer` says otherwise.
class ScriptedQuotes : public QuoteDevice {
 public:
  using Answer = std::function<absl::StatusOr<base::Bytes>(base::ByteView report_data)>;
  explicit ScriptedQuotes(Answer answer) : answer_(std::move(answer)) {}

  std::string name() const override { return "scripted quotes"; }
  absl::Status Check() override { return absl::OkStatus(); }
  absl::StatusOr<base::Bytes> GetQuote(base::ByteView report_data,
                                       base::Deadline /*deadline*/) override {
    return answer_(report_data);
  }

 private:
  const Answer answer_;
};

// Good quotes of a guest with these fields.
inline ScriptedQuotes::Answer Quotes(fakes::TdQuoteSpec spec) {
  return [spec](base::ByteView report_data) {
    fakes::TdQuoteSpec asked = spec;
    asked.report_data = base::ToBytes(report_data);
    return Signer().Quote(asked);
  };
}

class ScriptedReports : public TdReportDevice {
 public:
  using Answer = std::function<absl::StatusOr<base::Bytes>(base::ByteView report_data)>;
  explicit ScriptedReports(Answer answer) : answer_(std::move(answer)) {}

  absl::Status Check() override { return absl::OkStatus(); }
  absl::StatusOr<base::Bytes> GetTdReport(base::ByteView report_data) override {
    return answer_(report_data);
  }

 private:
  const Answer answer_;
};

inline ScriptedReports::Answer Reports(fakes::TdQuoteSpec spec) {
  return [spec](base::ByteView report_data) {
    fakes::TdQuoteSpec asked = spec;
    asked.report_data = base::ToBytes(report_data);
    return fakes::TdxSigner::TdReport(asked);
  };
}

inline absl::StatusOr<base::Bytes> NoDevice(base::ByteView /*report_data*/) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
                          "no device in this test");
}

inline base::Deadline Soon() { return base::Deadline::After(absl::Seconds(20)); }

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEST_TEE_TDX_QUOTE_SCRIPT_H_
