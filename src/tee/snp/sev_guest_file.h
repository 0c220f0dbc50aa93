// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_SEV_GUEST_FILE_H_
#define ATTESTD_TEE_SNP_SEV_GUEST_FILE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"

// The ioctl interface of the kernel's sev-guest driver: include/uapi/linux/sev-guest.h and
// Documentation/virt/coco/sev-guest.rst (Linux 6.3 and later, with the two halves of exitinfo2).
namespace attestd::tee::snp {

inline constexpr char kDefaultDevice[] = "/dev/sev-guest";

// _IOWR('S', 0 and 2, struct snp_guest_request_ioctl).
inline constexpr unsigned long kSnpGetReport = 0xc0205300;
inline constexpr unsigned long kSnpGetExtReport = 0xc0205302;

// What the driver says about the host: SNP_GUEST_VMM_ERR_*.
inline constexpr uint32_t kVmmInvalidLength = 1;
inline constexpr uint32_t kVmmBusy = 2;

// SEV_FW_BLOB_MAX_SIZE: most bytes of certificates that the driver takes.
inline constexpr uint32_t kMaxCertsLength = 0x4000;

// struct snp_report_req.
struct SnpReportRequest {
  std::array<uint8_t, 64> user_data{};
  uint32_t vmpl = 0;
  std::array<uint8_t, 28> reserved{};
};

// struct snp_ext_report_req; certs_length must be a multiple of the page size.
struct SnpExtReportRequest {
  SnpReportRequest data;
  uint64_t certs_address = 0;
  uint32_t certs_length = 0;
};

// struct snp_report_resp, holding MSG_REPORT_RSP (firmware ABI 56860, table "MSG_REPORT_RSP").
struct SnpReportResponse {
  uint32_t status = 0;
  uint32_t report_size = 0;
  std::array<uint8_t, 24> reserved{};
  std::array<uint8_t, 3968> report{};
};

// struct snp_guest_request_ioctl.
struct SnpGuestRequest {
  uint8_t message_version = 1;
  uint64_t request_address = 0;
  uint64_t response_address = 0;
  uint32_t firmware_error = 0;
  uint32_t vmm_error = 0;
};

static_assert(sizeof(SnpReportRequest) == 96 && sizeof(SnpExtReportRequest) == 112 &&
              sizeof(SnpReportResponse) == 4000 && sizeof(SnpGuestRequest) == 32);

// The seam at the device file.
class SevGuestFile {
 public:
  SevGuestFile() = default;
  SevGuestFile(const SevGuestFile&) = delete;
  SevGuestFile& operator=(const SevGuestFile&) = delete;
  virtual ~SevGuestFile() = default;

  // Opens it if it is not open. FailedPrecondition with Reason::kDeviceMissing naming the path.
  virtual absl::Status Open() = 0;
  // ioctl(2): 0 or errno. The file is open.
  virtual int Call(unsigned long command, SnpGuestRequest& request) = 0;
};

std::unique_ptr<SevGuestFile> CreateSevGuestFile(const std::string& path);

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_SEV_GUEST_FILE_H_
