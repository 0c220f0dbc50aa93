// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/ioctl_snp_device.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "tee/snp/firmware_error.h"
#include "tee/snp/format/report.h"

namespace attestd::tee::snp {
namespace {

constexpr uint32_t kPageSize = 4096;
constexpr absl::Duration kFirstPause = absl::Milliseconds(2);
constexpr absl::Duration kLongestPause = absl::Milliseconds(250);
// However much time the caller has: the driver's own patience with a busy host is 60 s.
constexpr absl::Duration kPatience = absl::Seconds(90);

// What the driver leaves in fw_error when it failed before it asked the firmware (linux/sev-guest.h
// and psp-sev.h: SEV_RET_NO_FW_CALL).
constexpr uint32_t kNoFirmwareCall = 0xff;

// What one request came to.
struct Outcome {
  int error = 0;  // errno of the ioctl
  uint32_t firmware_error = 0;
  uint32_t vmm_error = 0;
  uint32_t certs_length = 0;  // that the host wants
  SnpReportResponse response;
  base::Bytes certs;

  bool succeeded() const { return error == 0 && firmware_error == 0 && vmm_error == 0; }
  bool busy() const {
    return error == EAGAIN || error == EINTR || error == EBUSY || error == ETIMEDOUT ||
           vmm_error == kVmmBusy;
  }
};

uint64_t Address(const void* object) { return reinterpret_cast<uintptr_t>(object); }

std::string_view CommandName(unsigned long command) {
  return command == kSnpGetReport ? "SNP_GET_REPORT" : "SNP_GET_EXT_REPORT";
}

// A length that the driver takes, whatever the host asked for.
uint32_t CappedLength(uint32_t wanted) {
  const uint32_t capped = std::clamp<uint32_t>(wanted, 1, kMaxCertsLength);
  return (capped + kPageSize - 1) / kPageSize * kPageSize;
}

class IoctlSnpDevice : public SnpDevice {
 public:
  IoctlSnpDevice(std::string path, std::unique_ptr<SevGuestFile> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  std::string name() const override { return path_; }
  absl::Status Check() override;
  absl::StatusOr<DeviceReport> GetReport(const ReportRequest& request,
                                         base::Deadline deadline) override;

 private:
  absl::StatusOr<Outcome> Ask(unsigned long command, SnpExtReportRequest message,
                              base::Deadline deadline);
  Outcome AskOnce(unsigned long command, SnpExtReportRequest message);
  absl::StatusOr<Outcome> AskWithCerts(SnpExtReportRequest message, base::Deadline deadline);
  absl::StatusOr<DeviceReport> Unpack(unsigned long command, const Outcome& outcome) const;
  absl::Status Failure(unsigned long command, const Outcome& outcome) const;
  absl::Status Failed(unsigned long command, const std::string& what) const;

  const std::string path_;
  const std::unique_ptr<SevGuestFile> file_;
};

// A request of message version 0 is refused by the driver before anything is sent, but any other
// file does not know the command.
absl::Status IoctlSnpDevice::Check() {
  RETURN_IF_ERROR(file_->Open());
  SnpGuestRequest request;
  request.message_version = 0;
  if (const int error = file_->Call(kSnpGetReport, request); error == ENOTTY) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
                            path_ +
                                ": this is no sev-guest device: it does not know "
                                "SNP_GET_REPORT; [snp] device names the right one");
  }
  return absl::OkStatus();
}

absl::StatusOr<DeviceReport> IoctlSnpDevice::GetReport(const ReportRequest& request,
                                                       base::Deadline deadline) {
  RETURN_IF_ERROR(file_->Open());
  const base::Deadline end = base::Deadline::Earlier(deadline, base::Deadline::After(kPatience));
  SnpExtReportRequest message;
  message.data.user_data = request.report_data;
  message.data.vmpl = request.vmpl;
  ASSIGN_OR_RETURN(const Outcome outcome, AskWithCerts(message, end));
  const bool without = outcome.vmm_error == kVmmInvalidLength || outcome.error == ENOTTY;
  if (!without) {
    return Unpack(kSnpGetExtReport, outcome);
  }
  base::Log(base::Severity::kWarning, "the host gives no certificates with SNP reports",
            {{"device", path_}, {"wanted_bytes", std::to_string(outcome.certs_length)}});
  ASSIGN_OR_RETURN(const Outcome bare, Ask(kSnpGetReport, message, end));
  return Unpack(kSnpGetReport, bare);
}

// The largest buffer first, so that an honest host needs one request; a host that wants another
// length gets it once.
absl::StatusOr<Outcome> IoctlSnpDevice::AskWithCerts(SnpExtReportRequest message,
                                                     base::Deadline deadline) {
  message.certs_length = kMaxCertsLength;
  ASSIGN_OR_RETURN(Outcome outcome, Ask(kSnpGetExtReport, message, deadline));
  if (outcome.vmm_error != kVmmInvalidLength) {
    return outcome;
  }
  message.certs_length = CappedLength(outcome.certs_length);
  return Ask(kSnpGetExtReport, message, deadline);
}

// The firmware's messages are encrypted under a counter: after an error only the identical request
// may be sent again, else the same counter would protect two texts.
absl::StatusOr<Outcome> IoctlSnpDevice::Ask(unsigned long command, SnpExtReportRequest message,
                                            base::Deadline deadline) {
  absl::Duration pause = kFirstPause;
  std::string last = "no request was sent";
  while (!deadline.Expired()) {
    Outcome outcome = AskOnce(command, message);
    if (!outcome.busy()) {
      return outcome;
    }
    last = outcome.vmm_error == kVmmBusy
               ? "the host is busy"
               : std::string(base::ErrnoStatus(outcome.error, "busy").message());
    absl::SleepFor(std::min(pause, deadline.Remaining()));
    pause = std::min(pause * 2, kLongestPause);
  }
  return base::MakeStatus(
      absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
      path_ + ": " + std::string(CommandName(command)) + ": no time left: " + last);
}

Outcome IoctlSnpDevice::AskOnce(unsigned long command, SnpExtReportRequest message) {
  Outcome outcome;
  outcome.certs.resize(message.certs_length);
  message.certs_address = Address(outcome.certs.data());
  SnpGuestRequest request;
  // A plain request is the beginning of an extended one.
  request.request_address = Address(&message);
  request.response_address = Address(&outcome.response);
  outcome.error = file_->Call(command, request);
  const bool asked = outcome.error == 0 || request.firmware_error != kNoFirmwareCall;
  outcome.firmware_error = asked ? request.firmware_error : 0;
  outcome.vmm_error = request.vmm_error;
  outcome.certs_length = message.certs_length;
  return outcome;
}

absl::StatusOr<DeviceReport> IoctlSnpDevice::Unpack(unsigned long command,
                                                    const Outcome& outcome) const {
  if (!outcome.succeeded()) {
    return Failure(command, outcome);
  }
  const SnpReportResponse& response = outcome.response;
  if (response.status != 0) {
    return Failed(command, "the firmware refused: " + FirmwareErrorText(response.status));
  }
  if (response.report_size != kReportSize) {
    return Failed(command,
                  "expected a report of 1184 bytes, found " + std::to_string(response.report_size));
  }
  return DeviceReport{.report = base::ToBytes(base::ByteView(response.report).first(kReportSize)),
                      .cert_table = command == kSnpGetExtReport ? outcome.certs : base::Bytes()};
}

absl::Status IoctlSnpDevice::Failed(unsigned long command, const std::string& what) const {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                          path_ + ": " + std::string(CommandName(command)) + ": " + what);
}

absl::Status IoctlSnpDevice::Failure(unsigned long command, const Outcome& outcome) const {
  if (outcome.firmware_error != 0) {
    return Failed(command, "firmware error " + FirmwareErrorText(outcome.firmware_error));
  }
  if (outcome.vmm_error != 0) {
    return Failed(command, "the host refused with error " + std::to_string(outcome.vmm_error));
  }
  const std::string cause(base::ErrnoStatus(outcome.error, "the driver").message());
  if (outcome.error == ENOTTY || outcome.error == EIO) {
    return Failed(command, cause +
                               "; after an error the driver gives up its key (VMPCK), and only a "
                               "reboot of the guest brings it back");
  }
  return Failed(command, cause);
}

}  // namespace

std::unique_ptr<SnpDevice> CreateIoctlSnpDevice(const std::string& path,
                                                std::unique_ptr<SevGuestFile> file) {
  return std::make_unique<IoctlSnpDevice>(path, std::move(file));
}

}  // namespace attestd::tee::snp
