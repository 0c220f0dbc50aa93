// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TEE_SNP_FAKE_SEV_GUEST_H_
#define ATTESTD_TEST_TEE_SNP_FAKE_SEV_GUEST_H_

#include <cerrno>
#include <cstring>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "tee/snp/sev_guest_file.h"
#include "tee/snp/snp_device.h"
#include "test/fakes/snp_signer.h"

namespace attestd::fakes {

// The kernel's sev-guest driver and the firmware behind it, with a queue of faults: each call takes
// one, if there is. Like the driver it refuses requests once its key is gone.
struct FakeSevGuest {
  struct Fault {
    int error = 0;
    uint32_t firmware_error = 0;
    uint32_t vmm_error = 0;
    std::optional<uint32_t> certs_length = {};  // that the host asks for
  };
  // One call as it came in.
  struct Call {
    unsigned long command = 0;
    std::array<uint8_t, sizeof(tee::snp::SnpReportRequest)> request{};
    uint32_t certs_length = 0;
  };

  SnpSigner signer = SnpSigner::Create({}).value();
  base::Bytes cert_table = signer.CertTable().value();
  std::deque<Fault> faults;
  std::vector<Call> calls;
  bool key_gone = false;
  absl::Status open_status;
  // Changes a good answer.
  std::function<void(tee::snp::SnpReportResponse&)> spoil;

  int Handle(unsigned long command, tee::snp::SnpGuestRequest& request) {
    if (request.message_version == 0) {
      return EINVAL;
    }
    auto* message = reinterpret_cast<tee::snp::SnpExtReportRequest*>(request.request_address);
    auto* response = reinterpret_cast<tee::snp::SnpReportResponse*>(request.response_address);
    Call& call = calls.emplace_back();
    call.command = command;
    std::memcpy(call.request.data(), &message->data, call.request.size());
    call.certs_length = command == tee::snp::kSnpGetExtReport ? message->certs_length : 0;
    if (key_gone) {
      return ENOTTY;
    }
    if (!faults.empty()) {
      const Fault fault = faults.front();
      faults.pop_front();
      request.firmware_error = fault.firmware_error;
      request.vmm_error = fault.vmm_error;
      message->certs_length = fault.certs_length.value_or(message->certs_length);
      if (fault.error != 0) {
        return fault.error;
      }
    }
    if (command == tee::snp::kSnpGetExtReport) {
      std::memcpy(reinterpret_cast<void*>(message->certs_address), cert_table.data(),
                  std::min<size_t>(cert_table.size(), message->certs_length));
    }
    Answer(message->data, *response);
    return 0;
  }

  void Answer(const tee::snp::SnpReportRequest& asked, tee::snp::SnpReportResponse& response) {
    tee::snp::Report report = signer.TypicalReport(asked.user_data);
    report.vmpl = asked.vmpl;
    const base::Bytes bytes = signer.Sign(report).value();
    response.report_size = static_cast<uint32_t>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), response.report.begin());
    if (spoil != nullptr) {
      spoil(response);
    }
  }
};

// The device file in front of it, which borrows it.
class FakeSevGuestFile : public tee::snp::SevGuestFile {
 public:
  explicit FakeSevGuestFile(FakeSevGuest& driver) : driver_(driver) {}
  absl::Status Open() override { return driver_.open_status; }
  int Call(unsigned long command, tee::snp::SnpGuestRequest& request) override {
    return driver_.Handle(command, request);
  }

 private:
  FakeSevGuest& driver_;
};

// A device whose answers a test makes up.
class FakeSnpDevice : public tee::snp::SnpDevice {
 public:
  using Answer =
      std::function<absl::StatusOr<tee::snp::DeviceReport>(const tee::snp::ReportRequest&)>;

  explicit FakeSnpDevice(std::string name) : name_(std::move(name)) {}

  std::string name() const override { return name_; }
  absl::Status Check() override { return check_status; }
  absl::StatusOr<tee::snp::DeviceReport> GetReport(const tee::snp::ReportRequest& request,
                                                   base::Deadline /*deadline*/) override {
    ++reports;
    return answer(request);
  }

  absl::Status check_status;
  Answer answer;
  int reports = 0;

 private:
  const std::string name_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_TEE_SNP_FAKE_SEV_GUEST_H_
