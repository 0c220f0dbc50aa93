// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/encoding.h"
#include "base/file.h"
#include "base/handle.h"
#include "tee/backend.h"

namespace attestd::tee::example {
namespace {

// A device that takes 32 bytes of report data and gives a report of 64, which begins with them.
class ExampleSource : public evidence::EvidenceSource {
 public:
  explicit ExampleSource(std::string path) : path_(std::move(path)) {}
  std::string_view tee() const override { return "example"; }
  size_t report_data_limit() const override { return 32; }
  absl::Status Check() override {
    device_.reset(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    return device_.valid() ? absl::OkStatus() : base::ErrnoStatus(errno, path_);
  }
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline /*deadline*/) override {
    RETURN_IF_ERROR(base::WithReason(Check(), base::Reason::kDeviceMissing));
    const base::Bytes asked = report_data.Regularized(32);
    std::array<uint8_t, 64> report{};
    if (::pwrite(device_.get(), asked.data(), 32, 0) != 32 ||
        ::pread(device_.get(), report.data(), 64, 0) != 64 ||
        base::Bytes(report.begin(), report.begin() + 32) != asked) {
      return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                              path_ + ": expected a report of 64 bytes with our report data");
    }
    return evidence::Evidence{R"({"report":")" + base::Base64Encode(report) + R"("})"};
  }

 private:
  const std::string path_;
  base::UniqueFd device_;
};

std::string Path(const Settings& settings) {
  return settings.contains("path") ? std::get<std::string>(settings.at("path")) : "/dev/example";
}

}  // namespace

Backend MakeBackend() {
  Backend backend{.name = "example", .settings = {{.name = "path"}}};
  backend.validate = [](const Settings& settings) {
    return Path(settings).empty() ? absl::InvalidArgumentError("path: is empty") : absl::OkStatus();
  };
  backend.files = [](const Settings& settings) {
    return std::vector<FileUse>{{.path = Path(settings), .how = FileUse::How::kDevice}};
  };
  backend.probe = [](const Settings& settings) {
    const bool there = ::access(Path(settings).c_str(), R_OK | W_OK) == 0;
    return ProbeResult{there, Path(settings) + (there ? " is there" : " is not there")};
  };
  backend.create = [](const Settings& settings, const SourceContext& /*context*/) {
    return std::unique_ptr<evidence::EvidenceSource>(new ExampleSource(Path(settings)));
  };
  return backend;
}

}  // namespace attestd::tee::example
