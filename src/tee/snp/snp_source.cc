// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/snp_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "base/log.h"

namespace attestd::tee::snp {
namespace {

constexpr size_t kHostDataSize = sizeof(Report::host_data);
// Check has no deadline of its own.
constexpr absl::Duration kCheckTime = absl::Seconds(10);

absl::Status BadReport(const std::string& device, const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                          device + ": the SNP report failed the check before sending: " + what);
}

// What a verifier will ask of the report, short of its signature.
absl::Status CheckReport(const Report& report, const ReportRequest& request, bool allow_debug) {
  const auto bad = [](const std::string& what) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, what);
  };
  if (report.report_data != request.report_data) {
    return bad("report_data is not what was asked for");
  }
  if (report.vmpl != request.vmpl) {
    return bad("VMPL: expected " + std::to_string(request.vmpl) + ", found " +
               std::to_string(report.vmpl));
  }
  if ((report.policy & kPolicyDebug) != 0 && !allow_debug) {
    return bad(
        "the guest's policy lets the host debug it (bit 19); launch it with another policy, or "
        "for development set [snp] allow_debug = true");
  }
  return absl::OkStatus();
}

absl::StatusOr<Report> ReadReport(base::ByteView bytes) {
  ASSIGN_OR_RETURN(Report report, ParseReport(bytes));
  ASSIGN_OR_RETURN(const base::Bytes again, EncodeReport(report));
  if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                            "its fields do not make up its bytes");
  }
  return report;
}

// The host is free to give none, or nonsense.
std::vector<CertEntry> ReadCertificates(const DeviceReport& from, const std::string& device) {
  if (from.cert_table.empty()) {
    return {};
  }
  absl::StatusOr<std::vector<CertEntry>> entries = ParseCertTable(from.cert_table);
  if (!entries.ok()) {
    base::Log(base::Severity::kWarning, "the host's certificates are dropped",
              {{"device", device}, {"cause", base::StatusText(entries.status())}});
    return {};
  }
  return *std::move(entries);
}

}  // namespace

absl::Status SnpSource::ChooseDevice() {
  std::string seen;
  for (const std::unique_ptr<SnpDevice>& device : devices_) {
    const absl::Status status = device->Check();
    if (status.ok()) {
      device_ = device.get();
      return absl::OkStatus();
    }
    seen += (seen.empty() ? "" : "; ") + std::string(status.message());
  }
  device_ = nullptr;
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
                          "no SNP device: " + seen);
}

absl::Status SnpSource::Check() {
  RETURN_IF_ERROR(ChooseDevice());
  if (well_) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const evidence::ReportData nothing, evidence::ReportData::Create({}));
  return Get(nothing, base::Deadline::After(kCheckTime)).status();
}

absl::StatusOr<SnpEvidence> SnpSource::Get(const evidence::ReportData& report_data,
                                           base::Deadline deadline) {
  if (device_ == nullptr) {
    RETURN_IF_ERROR(ChooseDevice());
  }
  absl::StatusOr<SnpEvidence> evidence = GetChecked(report_data, deadline);
  well_ = evidence.ok();
  if (base::GetReason(evidence.status()) == base::Reason::kDeviceMissing) {
    device_ = nullptr;
  }
  return evidence;
}

absl::StatusOr<SnpEvidence> SnpSource::GetChecked(const evidence::ReportData& report_data,
                                                  base::Deadline deadline) {
  ReportRequest request;
  const base::Bytes padded = report_data.Regularized(request.report_data.size());
  std::copy(padded.begin(), padded.end(), request.report_data.begin());
  request.vmpl = options_.vmpl;
  ASSIGN_OR_RETURN(const DeviceReport raw, device_->GetReport(request, deadline));
  absl::StatusOr<Report> report = ReadReport(raw.report);
  if (!report.ok()) {
    return BadReport(device_->name(), std::string(report.status().message()));
  }
  const absl::Status check = CheckReport(*report, request, options_.allow_debug);
  if (!check.ok()) {
    return BadReport(device_->name(), std::string(check.message()));
  }
  return SnpEvidence{.report = *report, .certificates = ReadCertificates(raw, device_->name())};
}

absl::StatusOr<evidence::Evidence> SnpSource::Collect(const evidence::ReportData& report_data,
                                                      base::Deadline deadline) {
  ASSIGN_OR_RETURN(const SnpEvidence evidence, Get(report_data, deadline));
  return evidence::Evidence{.json = FormatEvidence(evidence)};
}

absl::Status SnpSource::BindInitData(base::ByteView digest, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const evidence::ReportData nothing, evidence::ReportData::Create({}));
  ASSIGN_OR_RETURN(const SnpEvidence evidence, Get(nothing, deadline));
  base::Bytes expected = base::ToBytes(digest);
  expected.resize(kHostDataSize);
  const base::ByteView found = evidence.report.host_data;
  if (std::equal(expected.begin(), expected.end(), found.begin(), found.end())) {
    return absl::OkStatus();
  }
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kInitDataUnbound,
                          "init data: this guest was launched with HOSTDATA " +
                              base::HexEncode(found) + ", expected " + base::HexEncode(expected) +
                              "; the host sets it before launch");
}

}  // namespace attestd::tee::snp
