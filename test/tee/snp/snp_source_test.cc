// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/snp_source.h"

#include <catch2/catch.hpp>

#include "test/tee/snp/fake_sev_guest.h"

namespace attestd::tee::snp {
namespace {

using fakes::FakeSnpDevice;
using fakes::SnpSigner;

const SnpSigner& Signer() {
  static const SnpSigner signer = SnpSigner::Create({}).value();
  return signer;
}

// A source over two devices, of which the first is there.
struct Site {
  explicit Site(const SnpSourceOptions& options = {}) {
    std::vector<std::unique_ptr<SnpDevice>> devices;
    for (const char* name : {"/tsm", "/dev/sev-guest"}) {
      auto device = std::make_unique<FakeSnpDevice>(name);
      device->answer = [this](const ReportRequest& request) { return Answer(request); };
      (devices.empty() ? first : second) = device.get();
      devices.push_back(std::move(device));
    }
    source = std::make_unique<SnpSource>(std::move(devices), options);
  }

  absl::StatusOr<DeviceReport> Answer(const ReportRequest& request) {
    Report report = Signer().TypicalReport(request.report_data);
    report.vmpl = request.vmpl;
    if (change != nullptr) {
      change(report);
    }
    DeviceReport answer{.report = Signer().Sign(report).value(), .cert_table = cert_table};
    if (spoil != nullptr) {
      spoil(answer.report);
    }
    return answer;
  }

  absl::StatusOr<evidence::Evidence> Collect() {
    const base::Bytes digest(48, 0x5a);
    return source->Collect(evidence::ReportData::Create(digest).value(),
                           base::Deadline::After(absl::Seconds(30)));
  }
  absl::Status Bind(const base::Bytes& digest) {
    return source->BindInitData(digest, base::Deadline::After(absl::Seconds(30)));
  }

  FakeSnpDevice* first = nullptr;
  FakeSnpDevice* second = nullptr;
  std::function<void(Report&)> change;
  std::function<void(base::Bytes&)> spoil;
  base::Bytes cert_table = Signer().CertTable().value();
  std::unique_ptr<SnpSource> source;
};

void CheckRefused(const absl::Status& status, std::string_view text) {
  INFO(status.ToString());
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceFailed);
  CHECK(std::string(status.message()).find("/tsm: ") == 0);
  CHECK(std::string(status.message()).find(text) != std::string::npos);
}

absl::Status Missing(std::string_view text) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
                          text);
}

}  // namespace

TEST_CASE("SnpSource sends report and certificates, bound to the padded report data") {
  Site site;
  CHECK(site.source->tee() == "snp");
  CHECK(site.source->report_data_limit() == 64);
  const auto evidence = site.Collect();
  REQUIRE(evidence.ok());
  const SnpEvidence read = ParseEvidence(evidence->json).value();
  CHECK(read.report.report_data[47] == 0x5a);
  CHECK(read.report.report_data[48] == 0);
  CHECK(read.certificates.size() == 3);
  CHECK(site.first->reports == 1);
  CHECK(site.second->reports == 0);
}

TEST_CASE("SnpSource takes the next device when the first is not there") {
  Site site;
  site.first->check_status = Missing("no configfs-tsm");
  REQUIRE(site.Collect().ok());
  CHECK(site.second->reports == 1);
  site.second->check_status = Missing("no /dev/sev-guest");
  const absl::Status status = site.source->Check();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
  CHECK(status.message() == "no SNP device: no configfs-tsm; no /dev/sev-guest");
}

TEST_CASE("SnpSource looks for a device again when its own has gone") {
  Site site;
  REQUIRE(site.Collect().ok());
  const auto answer = site.first->answer;
  site.first->answer = [](const ReportRequest&) { return Missing("gone"); };
  CHECK(absl::IsFailedPrecondition(site.Collect().status()));
  site.first->check_status = Missing("gone");
  CHECK(site.Collect().ok());
  CHECK(site.second->reports == 1);
}

TEST_CASE("Case 70: a bad certificate table costs the certificates, not the report") {
  Site site;
  site.cert_table = base::Bytes(100, 0xff);
  const auto evidence = site.Collect();
  REQUIRE(evidence.ok());
  CHECK(ParseEvidence(evidence->json).value().certificates.empty());
  site.cert_table.clear();
  CHECK(ParseEvidence(site.Collect().value().json).value().certificates.empty());
}

TEST_CASE("Case 73: a report that is not what was asked for is not sent") {
  Site site;
  REQUIRE(site.Collect().ok());
  SECTION("too short") {
    site.spoil = [](base::Bytes& report) { report.pop_back(); };
    CheckRefused(site.Collect().status(), "expected 1184 bytes, found 1183");
  }
  SECTION("too long") {
    site.spoil = [](base::Bytes& report) { report.push_back(0); };
    CheckRefused(site.Collect().status(), "1185");
  }
  SECTION("version 0") {
    site.spoil = [](base::Bytes& report) { report[0] = 0; };
    CheckRefused(site.Collect().status(), "version");
  }
  SECTION("version 255") {
    site.spoil = [](base::Bytes& report) { report[0] = 255; };
    CheckRefused(site.Collect().status(), "version");
  }
  SECTION("a reserved byte that the JSON form would lose") {
    site.spoil = [](base::Bytes& report) { report[0x4c] = 1; };
    CheckRefused(site.Collect().status(), "reserved");
  }
  SECTION("other report data") {
    site.change = [](Report& report) { report.report_data[0] ^= 1; };
    CheckRefused(site.Collect().status(), "report_data");
  }
  SECTION("report data behind the digest") {
    site.change = [](Report& report) { report.report_data[63] = 1; };
    CheckRefused(site.Collect().status(), "report_data");
  }
  SECTION("another VMPL") {
    site.change = [](Report& report) { report.vmpl = 2; };
    CheckRefused(site.Collect().status(), "VMPL: expected 0, found 2");
  }
  SECTION("a policy that lets the host debug") {
    site.change = [](Report& report) { report.policy |= kPolicyDebug; };
    CheckRefused(site.Collect().status(), "allow_debug");
  }
}

TEST_CASE("SnpSource asks for the configured VMPL and sends debug reports where allowed") {
  Site site({.vmpl = 2, .allow_debug = true});
  site.change = [](Report& report) { report.policy |= kPolicyDebug; };
  const auto evidence = site.Collect();
  REQUIRE(evidence.ok());
  CHECK(ParseEvidence(evidence->json).value().report.vmpl == 2);
}

TEST_CASE("Case 74: health shows a key that the driver gave up, and its return") {
  Site site;
  CHECK(site.source->Check().ok());
  CHECK(site.first->reports == 1);
  CHECK(site.source->Check().ok());
  CHECK(site.first->reports == 1);

  const auto answer = site.first->answer;
  site.first->answer = [](const ReportRequest&) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            "VMPCK");
  };
  CHECK(absl::IsFailedPrecondition(site.Collect().status()));
  CHECK(site.source->Check().message() == "VMPCK");
  CHECK(site.first->reports == 3);
  site.first->answer = answer;
  CHECK(site.source->Check().ok());
}

TEST_CASE("SnpSource compares the init data with HOSTDATA, cut or padded to 32 bytes") {
  Site site;
  site.change = [](Report& report) { std::fill_n(report.host_data.begin(), 20, uint8_t{7}); };
  CHECK(site.Bind(base::Bytes(20, 7)).ok());
  site.change = [](Report& report) { report.host_data.fill(7); };
  CHECK(site.Bind(base::Bytes(48, 7)).ok());
  const absl::Status other = site.Bind(base::Bytes(48, 8));
  CHECK(absl::IsFailedPrecondition(other));
  CHECK(base::GetReason(other) == base::Reason::kInitDataUnbound);
  CHECK(std::string(other.message()).find("HOSTDATA 0707") != std::string::npos);
}

}  // namespace attestd::tee::snp
