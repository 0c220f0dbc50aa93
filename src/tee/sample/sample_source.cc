// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/json.h"
#include "tee/backend.h"

namespace attestd::tee::sample {
namespace {

// Evidence that proves nothing, in the shape of Trustee's "sample" verifier: {"svn", "report_data"}
// with the report data in base64, unpadded.
class SampleSource : public evidence::EvidenceSource {
 public:
  std::string_view tee() const override { return "sample"; }
  size_t report_data_limit() const override { return evidence::ReportData::kMaxSize; }
  absl::Status Check() override { return absl::OkStatus(); }
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline /*deadline*/) override {
    const base::Json json = {{"svn", "1"}, {"report_data", base::Base64Encode(report_data.view())}};
    ASSIGN_OR_RETURN(std::string text, base::DumpJson(json));
    return evidence::Evidence{.json = std::move(text)};
  }
  bool instant() const override { return true; }
};

}  // namespace

Backend MakeBackend() {
  Backend backend;
  backend.name = "sample";
  backend.fake = true;
  backend.validate = [](const Settings& /*settings*/) { return absl::OkStatus(); };
  backend.probe = [](const Settings& /*settings*/) {
    return ProbeResult{.present = true, .seen = "fake evidence needs no device"};
  };
  backend.create = [](const Settings& /*settings*/, const SourceContext& /*context*/)
      -> std::unique_ptr<evidence::EvidenceSource> { return std::make_unique<SampleSource>(); };
  return backend;
}

}  // namespace attestd::tee::sample
