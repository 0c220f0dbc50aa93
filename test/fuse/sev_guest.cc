// SPDX-License-Identifier: Apache-2.0
#include <linux/sev-guest.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "test/fuse/caller_memory.h"
#include "test/fuse/guest_devices.h"

namespace attestd::fake_tee {
namespace {

constexpr const char* kPlace = "sev-guest";
constexpr uint64_t kPage = 4096;
constexpr uint64_t kMaxCerts = 0x4000;  // SEV_FW_BLOB_MAX_SIZE
constexpr uint32_t kMaxVmpl = 3;
constexpr uint64_t kInvalidParameters = 0x16;  // firmware ABI 56860, status codes
constexpr uint64_t kInvalidLength = 1;         // GHCB: SNP_GUEST_VMM_ERR_INVALID_LEN
constexpr uint64_t kVmmBusy = 2;
constexpr size_t kReportOffset = 0x20;  // in snp_report_resp

void PutLe32(uint32_t value, uint8_t* out) { std::memcpy(out, &value, sizeof value); }

uint64_t VmmError(uint64_t code) { return code << 32U; }

// One ioctl: the caller's structs, and what the guest request answered.
struct Request {
  snp_guest_request_ioctl ioctl{};
  snp_ext_report_req ext{};  // a plain report uses `data` of it
  bool extended = false;
};

class SevGuestFile : public OpenFile {
 public:
  SevGuestFile(Provider& provider, FaultPlan& faults) : provider_(provider), faults_(faults) {}

  int Ioctl(const IoctlCall& call) override {
    Request request;
    if (call.argument.size() != sizeof request.ioctl) {
      return -ENOTTY;
    }
    std::memcpy(&request.ioctl, call.argument.data(), sizeof request.ioctl);
    request.ioctl.exitinfo2 = 0xff;
    if (request.ioctl.msg_version == 0) {
      return -EINVAL;
    }
    if (call.command != SNP_GET_REPORT && call.command != SNP_GET_EXT_REPORT) {
      return -ENOTTY;
    }
    request.extended = call.command == SNP_GET_EXT_REPORT;
    const CallerMemory memory(call.caller);
    const int result = Handle(memory, request);
    // libfuse gives nothing back with an error; the driver does.
    base::Bytes out(sizeof request.ioctl);
    std::memcpy(out.data(), &request.ioctl, out.size());
    if (request.ioctl.exitinfo2 != 0 && !memory.Write(call.argument_address, out)) {
      return -EFAULT;
    }
    std::copy(out.begin(), out.end(), call.argument.begin());
    return result;
  }

 private:
  int Handle(const CallerMemory& memory, Request& request) {
    const size_t size = request.extended ? sizeof request.ext : sizeof request.ext.data;
    const std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(&request.ext), size);
    if (request.ioctl.req_data == 0 || request.ioctl.resp_data == 0) {
      return -EINVAL;
    }
    if (!memory.Read(request.ioctl.req_data, bytes)) {
      return -EFAULT;
    }
    const bool wants_certs =
        request.extended && request.ext.certs_len != 0 && request.ext.certs_address != 0;
    if (wants_certs && (request.ext.certs_len > kMaxCerts || request.ext.certs_len % kPage != 0)) {
      return -EINVAL;
    }
    if (const int error = faults_.Enter(kPlace); error != 0) {
      return -error;
    }
    if (const int error = HostError(request.ioctl); error != 0) {
      return error;
    }
    return Answer(memory, request);
  }

  // What the fault plan has the firmware or the host say.
  int HostError(snp_guest_request_ioctl& ioctl) {
    if (const auto code = faults_.TakeNumber(kPlace, "fw-error")) {
      ioctl.exitinfo2 = *code;
      return -EIO;
    }
    if (const auto code = faults_.TakeNumber(kPlace, "vmm-error")) {
      ioctl.exitinfo2 = VmmError(*code);
      return *code == kVmmBusy ? -EAGAIN : -EIO;
    }
    return 0;
  }

  int Answer(const CallerMemory& memory, Request& request) {
    const snp_report_req& wanted = request.ext.data;
    if (wanted.vmpl > kMaxVmpl || wanted.vmpl < provider_.traits().privlevel_floor) {
      request.ioctl.exitinfo2 = kInvalidParameters;
      return -EIO;
    }
    ReportRequest report{.inblob = {std::begin(wanted.user_data), std::end(wanted.user_data)},
                         .privlevel = wanted.vmpl};
    if (faults_.Take(kPlace, "wrong-nonce").has_value()) {
      report.inblob[0] ^= 0xffU;
    }
    absl::StatusOr<TsmBlobs> blobs = provider_.Report(report);
    if (!blobs.ok()) {
      return -EIO;
    }
    if (faults_.Take(kPlace, "garbage").has_value()) {
      std::fill(blobs->auxblob.begin(), blobs->auxblob.end(), uint8_t{0xff});
    }
    blobs->auxblob = faults_.Replace(kPlace, std::move(blobs->auxblob));
    if (request.extended) {
      const int error = GiveCerts(memory, request, blobs->auxblob);
      if (error != 0) {
        return error;
      }
    }
    request.ioctl.exitinfo2 = faults_.TakeNumber(kPlace, "fw-error-ok").value_or(0);
    return GiveReport(memory, request.ioctl, blobs->outblob);
  }

  // The table in whole pages, or how much room it needs.
  int GiveCerts(const CallerMemory& memory, Request& request, base::Bytes certs) {
    certs.resize((certs.size() + kPage - 1) / kPage * kPage);
    const std::optional<uint64_t> lie = faults_.TakeNumber(kPlace, "certs-len");
    const bool room = request.ext.certs_address != 0 && request.ext.certs_len >= certs.size();
    if (room && !lie.has_value()) {
      return memory.Write(request.ext.certs_address, certs) ? 0 : -EFAULT;
    }
    request.ioctl.exitinfo2 = VmmError(kInvalidLength);
    request.ext.certs_len = static_cast<uint32_t>(lie.value_or(certs.size()));
    const base::ByteView bytes(reinterpret_cast<const uint8_t*>(&request.ext), sizeof request.ext);
    return memory.Write(request.ioctl.req_data, bytes) ? -EIO : -EFAULT;
  }

  int GiveReport(const CallerMemory& memory, const snp_guest_request_ioctl& ioctl,
                 base::ByteView report) {
    snp_report_resp response{};
    PutLe32(0, &response.data[0]);
    PutLe32(static_cast<uint32_t>(report.size()), &response.data[4]);
    std::copy(report.begin(), report.end(), &response.data[kReportOffset]);
    faults_.Patch(kPlace, response.data);
    return memory.Write(ioctl.resp_data, response.data) ? 0 : -EFAULT;
  }

  Provider& provider_;
  FaultPlan& faults_;
};

class SevGuest : public DeviceNode {
 public:
  SevGuest(Provider& provider, FaultPlan& faults)
      : DeviceNode(faults), provider_(provider), faults_(faults) {}

 private:
  OpenResult OpenDevice() override {
    return {.error = 0, .file = std::make_unique<SevGuestFile>(provider_, faults_)};
  }

  Provider& provider_;
  FaultPlan& faults_;
};

}  // namespace

std::unique_ptr<Subtree> MakeSevGuest(Provider& provider, FaultPlan& faults) {
  return std::make_unique<SevGuest>(provider, faults);
}

}  // namespace attestd::fake_tee
