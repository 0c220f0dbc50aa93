// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/ioctl_snp_device.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tee/snp/format/cert_table.h"
#include "tee/snp/format/report.h"
#include "test/support/temp_dir.h"
#include "test/tee/snp/fake_sev_guest.h"

namespace attestd::tee::snp {
namespace {

using fakes::FakeSevGuest;

constexpr char kPath[] = "/dev/sev-guest";

struct Site {
  FakeSevGuest driver;
  std::unique_ptr<SnpDevice> device =
      CreateIoctlSnpDevice(kPath, std::make_unique<fakes::FakeSevGuestFile>(driver));

  absl::StatusOr<DeviceReport> Get(absl::Duration time = absl::Seconds(30)) {
    ReportRequest request;
    request.report_data.fill(0x5a);
    return device->GetReport(request, base::Deadline::After(time));
  }
};

bool HasCerts(const absl::StatusOr<DeviceReport>& report) {
  return report.ok() && !report->cert_table.empty() &&
         ParseCertTable(report->cert_table).value_or(std::vector<CertEntry>{}).size() == 3;
}

bool Mentions(const absl::Status& status, std::string_view text) {
  return std::string(status.message()).find(text) != std::string::npos;
}

void CheckFailed(const absl::Status& status, std::string_view text) {
  INFO(status.ToString());
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceFailed);
  CHECK(Mentions(status, kPath));
  CHECK(Mentions(status, text));
}

}  // namespace

TEST_CASE("IoctlSnpDevice gets report and certificates in one request") {
  Site site;
  REQUIRE(site.device->Check().ok());
  const auto report = site.Get();
  REQUIRE(report.ok());
  CHECK(ParseReport(report->report).value().report_data[63] == 0x5a);
  CHECK(HasCerts(report));
  REQUIRE(site.driver.calls.size() == 1);
  CHECK(site.driver.calls[0].command == kSnpGetExtReport);
}

TEST_CASE("Case 71: a length of the certificates that the host will not settle") {
  // What the host asks for first and, on the retry, again; and what the retry offers.
  struct Row {
    uint32_t first;
    uint32_t second;
    uint32_t offered;
  };
  const auto row = GENERATE(values<Row>({{0, 0, 4096},
                                         {1, 1, 4096},
                                         {0xffffffff, 0xffffffff, 0x4000},
                                         {8192, 0x4000, 8192},
                                         {5000, 0x80000000, 8192}}));
  Site site;
  site.driver.faults = {{.error = EIO, .vmm_error = kVmmInvalidLength, .certs_length = row.first},
                        {.error = EIO, .vmm_error = kVmmInvalidLength, .certs_length = row.second}};
  const auto report = site.Get();
  REQUIRE(report.ok());
  CHECK(report->cert_table.empty());
  CHECK(ParseReport(report->report).ok());
  REQUIRE(site.driver.calls.size() == 3);
  CHECK(site.driver.calls[0].certs_length == kMaxCertsLength);
  CHECK(site.driver.calls[1].certs_length == row.offered);
  CHECK(site.driver.calls[2].command == kSnpGetReport);
}

TEST_CASE("IoctlSnpDevice gives the host the length that it asks for, once") {
  Site site;
  site.driver.faults = {{.error = EIO, .vmm_error = kVmmInvalidLength, .certs_length = 8192}};
  CHECK(HasCerts(site.Get()));
  REQUIRE(site.driver.calls.size() == 2);
  CHECK(site.driver.calls[1].certs_length == 8192);
}

TEST_CASE("Case 72: a busy device gets the identical request again") {
  using Fault = FakeSevGuest::Fault;
  const Fault fault = GENERATE(Fault{.error = EAGAIN}, Fault{.error = EINTR}, Fault{.error = EBUSY},
                               Fault{.error = EIO, .vmm_error = kVmmBusy},
                               Fault{.error = 0, .vmm_error = kVmmBusy});
  Site site;
  site.driver.faults = {fault, fault, fault};
  CHECK(HasCerts(site.Get()));
  REQUIRE(site.driver.calls.size() == 4);
  for (const FakeSevGuest::Call& call : site.driver.calls) {
    CHECK(call.command == site.driver.calls[0].command);
    CHECK(call.request == site.driver.calls[0].request);
    CHECK(call.certs_length == site.driver.calls[0].certs_length);
  }
}

TEST_CASE("Case 72: a device that stays busy ends with the deadline") {
  Site site;
  site.driver.faults = std::deque<FakeSevGuest::Fault>(100'000, {.error = EAGAIN});
  const auto report = site.Get(absl::Milliseconds(50));
  CHECK(absl::IsDeadlineExceeded(report.status()));
  CHECK(base::GetReason(report.status()) == base::Reason::kDeadline);
  CHECK(Mentions(report.status(), kPath));
  CHECK(site.driver.calls.size() > 1);
  CHECK(site.driver.calls.size() < 50);
  CHECK(absl::IsDeadlineExceeded(site.Get(absl::ZeroDuration()).status()));
}

TEST_CASE("Case 72: an error of driver or firmware is told in words, and not tried again") {
  using Fault = FakeSevGuest::Fault;
  struct Row {
    Fault fault;
    std::string text;
  };
  const auto row =
      GENERATE(values<Row>({{{.error = EIO}, "VMPCK"},
                            {{.error = EINVAL}, "nvalid argument"},
                            {{.error = EIO, .firmware_error = 0x16}, "0x16 (INVALID_PARAM"},
                            {{.error = 0, .firmware_error = 0x01}, "0x1 (INVALID_PLATFORM_STATE"},
                            {{.error = EIO, .firmware_error = 0x4711}, "0x4711"},
                            {{.error = EIO, .vmm_error = 77}, "error 77"}}));
  Site site;
  site.driver.faults = {row.fault};
  CheckFailed(site.Get().status(), row.text);
  CHECK(Mentions(site.Get(absl::ZeroDuration()).status(), "no time left"));
  CHECK(site.driver.calls.size() == 1);
  CHECK(HasCerts(site.Get()));
}

TEST_CASE("Case 73: the firmware's own status and a wrong size are refused") {
  Site site;
  site.driver.spoil = [](SnpReportResponse& response) { response.status = 0x16; };
  CheckFailed(site.Get().status(), "0x16 (INVALID_PARAM");
  site.driver.spoil = [](SnpReportResponse& response) { response.report_size = 1183; };
  CheckFailed(site.Get().status(), "expected a report of 1184 bytes, found 1183");
  site.driver.spoil = [](SnpReportResponse& response) { response.report_size = 0xffffffff; };
  CheckFailed(site.Get().status(), "4294967295");
  site.driver.spoil = nullptr;
  CHECK(HasCerts(site.Get()));
}

TEST_CASE("Case 74: a key that the driver gave up is told, without spinning") {
  Site site;
  site.driver.key_gone = true;
  CheckFailed(site.Get().status(), "VMPCK");
  CHECK(site.driver.calls.size() == 2);
}

TEST_CASE("Case 84: a device that is missing, forbidden or something else is named") {
  const test::TempDir folder;
  const std::string path = folder.path() + "/sev-guest";
  const auto check = [&] { return CreateIoctlSnpDevice(path, CreateSevGuestFile(path))->Check(); };
  const absl::Status missing = check();
  CHECK(absl::IsFailedPrecondition(missing));
  CHECK(base::GetReason(missing) == base::Reason::kDeviceMissing);
  CHECK(Mentions(missing, path + ": No such file"));

  std::ofstream(folder.path() + "/file") << "not a device";
  REQUIRE(::symlink((folder.path() + "/file").c_str(), path.c_str()) == 0);
  const absl::Status wrong = check();
  CHECK(absl::IsFailedPrecondition(wrong));
  CHECK(base::GetReason(wrong) == base::Reason::kDeviceMissing);
  CHECK(Mentions(wrong, path + ": this is no sev-guest device"));

  // A directory cannot be opened for writing, by root either.
  const absl::Status forbidden =
      CreateIoctlSnpDevice(folder.path(), CreateSevGuestFile(folder.path()))->Check();
  CHECK(absl::IsFailedPrecondition(forbidden));
  CHECK(base::GetReason(forbidden) == base::Reason::kDeviceMissing);
  CHECK(Mentions(forbidden, folder.path()));
}

}  // namespace attestd::tee::snp
