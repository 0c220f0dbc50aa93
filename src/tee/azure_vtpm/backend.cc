// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <arpa/inet.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http_curl.h"
#include "tee/azure_vtpm/azure_source.h"
#include "tee/azure_vtpm/esys_azure_device.h"
#include "tee/settings.h"
#include "tee/tpm2/tcti.h"

namespace attestd::tee::azure_vtpm {
namespace {

// For one reading of the HCL report while the agent starts or looks for its platform.
constexpr absl::Duration kProbeTime = absl::Seconds(5);

std::string Tcti(const Settings& settings) {
  return Value<std::string>(settings, "tcti", tpm2::kDefaultTcti);
}

std::string KindWord(const Settings& settings) {
  return Value<std::string>(settings, "kind", "auto");
}

int64_t Version(const Settings& settings) {
  return Value<int64_t>(settings, "evidence_version", 2);
}

std::string Imds(const Settings& settings) {
  auto url = Value<std::string>(settings, "imds", "http://169.254.169.254");
  if (url.ends_with('/')) {
    url.pop_back();
  }
  return url;
}

absl::Status Invalid(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

// An IPv4 address of this link (RFC 3927) or of this machine: plain http must not go further.
bool IsNear(const std::string& host) {
  constexpr uint32_t kLinkLocal = 0xa9fe;  // 169.254/16
  constexpr uint32_t kLoopback = 127;      // 127/8
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) != 1) {
    return host == "[::1]";
  }
  const uint32_t bits = ntohl(address.s_addr);
  return bits >> 16 == kLinkLocal || bits >> 24 == kLoopback;
}

absl::Status ValidateImds(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const absl::StatusOr<base::HttpUrl> parsed = base::ParseHttpUrl(url);
  if (!parsed.ok()) {
    return Invalid("imds: \"" + url + "\" " + std::string(parsed.status().message()));
  }
  if (!url.starts_with(kScheme) || !IsNear(parsed->host) ||
      url.find('/', kScheme.size()) != std::string::npos) {
    return Invalid("imds: \"" + url +
                   "\" is not http://ADDRESS[:PORT] with a link-local (169.254.0.0/16) or "
                   "loopback address");
  }
  return absl::OkStatus();
}

absl::Status Validate(const Settings& settings) {
  RETURN_IF_ERROR(tpm2::ValidateTcti(Tcti(settings)));
  const std::string kind = KindWord(settings);
  if (kind != "auto" && kind != "snp" && kind != "tdx") {
    return Invalid("kind: \"" + kind + R"(" is none of "auto", "snp", "tdx")");
  }
  if (Version(settings) < 0 || Version(settings) > 2) {
    return Invalid("evidence_version: " + std::to_string(Version(settings)) +
                   " is none of 0, 1, 2");
  }
  return ValidateImds(Imds(settings));
}

// The kind that the HCL report names. Reads it once.
absl::StatusOr<Kind> ReadKind(AzureDevice& device) {
  const absl::StatusOr<base::Bytes> image = device.ReadHclReport(base::Deadline::After(kProbeTime));
  // The node is for others too.
  device.tpm().Close();
  RETURN_IF_ERROR(image.status());
  const absl::StatusOr<HclReport> report = ParseHclReport(*image);
  if (!report.ok()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            "NV index 0x01400001: " + std::string(report.status().message()));
  }
  return report->kind;
}

std::vector<FileUse> Files(const Settings& settings) { return tpm2::TctiFiles(Tcti(settings)); }

ProbeResult Probe(const Settings& settings) {
  const absl::StatusOr<Kind> kind = ReadKind(*CreateEsysAzureDevice(Tcti(settings)));
  if (!kind.ok()) {
    return {.present = false, .seen = std::string(kind.status().message())};
  }
  return {.present = true,
          .seen = Tcti(settings) + " has an HCL report of " + std::string(TeeName(*kind))};
}

// Where the kind could not be told, so that nobody could name the platform to a broker.
class UnknownKindSource : public evidence::EvidenceSource {
 public:
  explicit UnknownKindSource(const absl::Status& why)
      : why_(base::Annotate(why,
                            "the kind of Azure VM is unknown, set [azure_vtpm] kind or start "
                            "attestd again once the vTPM can be read")) {}

  std::string_view tee() const override { return "azure_vtpm"; }
  size_t report_data_limit() const override { return AzureSource::kMaxReportData; }
  absl::Status Check() override { return why_; }
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& /*report_data*/,
                                             base::Deadline /*deadline*/) override {
    return why_;
  }

 private:
  const absl::Status why_;
};

std::unique_ptr<evidence::EvidenceSource> Create(const Settings& settings,
                                                 const SourceContext& /*context*/) {
  std::unique_ptr<AzureDevice> device = CreateEsysAzureDevice(Tcti(settings));
  const std::string word = KindWord(settings);
  AzureSourceOptions options;
  options.evidence_version = static_cast<int>(Version(settings));
  options.kind = word == "tdx" ? Kind::kTdx : Kind::kSnp;
  if (word == "auto") {
    const absl::StatusOr<Kind> kind = ReadKind(*device);
    if (!kind.ok()) {
      return std::make_unique<UnknownKindSource>(kind.status());
    }
    options.kind = *kind;
  }
  absl::StatusOr<std::unique_ptr<base::HttpTransport>> http =
      base::CreateCurlTransport({.ca_file = "", .allow_http = true});
  if (!http.ok()) {
    return std::make_unique<UnknownKindSource>(http.status());
  }
  return std::make_unique<AzureSource>(
      std::move(device), std::make_unique<ImdsClient>(*std::move(http), Imds(settings)), options);
}

}  // namespace

Backend MakeBackend() {
  Backend backend;
  backend.name = "azure_vtpm";
  backend.settings = {{.name = "tcti", .kind = SettingSpec::Kind::kText},
                      {.name = "kind", .kind = SettingSpec::Kind::kText},
                      {.name = "evidence_version", .kind = SettingSpec::Kind::kInteger},
                      {.name = "imds", .kind = SettingSpec::Kind::kText}};
  backend.validate = Validate;
  backend.files = Files;
  backend.probe = Probe;
  backend.create = Create;
  return backend;
}

}  // namespace attestd::tee::azure_vtpm
