// SPDX-License-Identifier: Apache-2.0
// Checks the ioctls of /dev/sev-guest (linux/sev-guest.h) or /dev/tdx_guest that attestd relies
// on, as abi_probe.c does for configfs-tsm.
//   device_probe PROVIDER DEVICE
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/sev-guest.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe.h"

enum {
  kPage = 4096,
  kMaxCerts = 4 * kPage,
  kReportOffset = 32,  // in the response: status, size, 24 reserved bytes
  kBadParameter = 0x16,
};

// linux/tdx-guest.h, which Debian 12's linux-libc-dev does not have.
struct TdxReportRequest {
  unsigned char report_data[kNonceSize];
  unsigned char td_report[kTdReportSize];
};
#define TDX_GET_REPORT0 _IOWR('T', 1, struct TdxReportRequest)

static unsigned char nonce[kNonceSize];

static uint32_t Le32(const unsigned char* bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
         (uint32_t)bytes[3] << 24;
}

// 0, or the errno.
static int Call(int fd, unsigned long command, void* argument) {
  return ioctl(fd, command, argument) == 0 ? 0 : errno;
}

static bool CarriesReport(const struct snp_report_resp* response) {
  return Le32(response->data) == 0 && Le32(response->data + 4) == kSnpReportSize &&
         memcmp(response->data + kReportOffset + kSnpReportDataOffset, nonce, kNonceSize) == 0;
}

static void ProbeReport(int fd) {
  static struct snp_report_resp response;
  struct snp_report_req request = {.vmpl = 0};
  memcpy(request.user_data, nonce, kNonceSize);
  struct snp_guest_request_ioctl io = {
      .msg_version = 0, .req_data = (uintptr_t)&request, .resp_data = (uintptr_t)&response};
  Check(Call(fd, SNP_GET_REPORT, &io) == EINVAL, "message version 0: EINVAL");
  io.msg_version = 1;
  Check(Call(fd, SNP_GET_REPORT, &io) == 0 && CarriesReport(&response),
        "SNP_GET_REPORT: 1184 bytes at 32, with the nonce");
  request.vmpl = 9;
  Check(Call(fd, SNP_GET_REPORT, &io) == EIO && io.fw_error == kBadParameter,
        "VMPL 9: EIO, firmware error 0x16");
  request.vmpl = 0;
  io.resp_data = 8;
  Check(Call(fd, SNP_GET_REPORT, &io) == EFAULT, "a bad response pointer: EFAULT");
  io.req_data = 0;
  Check(Call(fd, SNP_GET_REPORT, &io) == EINVAL, "no request: EINVAL");
  Check(Call(fd, _IOWR('S', 9, struct snp_guest_request_ioctl), &io) == ENOTTY,
        "an unknown command: ENOTTY");
}

static void ProbeExtendedReport(int fd) {
  static struct snp_report_resp response;
  static unsigned char certs[kMaxCerts] __attribute__((aligned(kPage)));
  struct snp_ext_report_req request = {.certs_len = 0};
  memcpy(request.data.user_data, nonce, kNonceSize);
  struct snp_guest_request_ioctl io = {
      .msg_version = 1, .req_data = (uintptr_t)&request, .resp_data = (uintptr_t)&response};
  Check(Call(fd, SNP_GET_EXT_REPORT, &io) == EIO && io.vmm_error == SNP_GUEST_VMM_ERR_INVALID_LEN,
        "no room for certificates: EIO, VMM error 1");
  const uint32_t needed = request.certs_len;
  Check(needed > 0 && needed % kPage == 0 && needed <= kMaxCerts, "and the length needed: %u",
        needed);
  request.certs_address = (uintptr_t)certs;
  request.certs_len = needed;
  memset(certs, 0xee, sizeof certs);
  Check(Call(fd, SNP_GET_EXT_REPORT, &io) == 0 && CarriesReport(&response),
        "with that length: the report");
  const uint32_t offset = Le32(certs + 16);
  const uint32_t length = Le32(certs + 20);
  Check(offset >= 24 && length > 0 && offset + length <= needed,
        "and the table: first certificate at %u, %u bytes", offset, length);
  request.certs_len = 100;
  Check(Call(fd, SNP_GET_EXT_REPORT, &io) == EINVAL, "a length that is no page: EINVAL");
  request.certs_len = 2 * kMaxCerts;
  Check(Call(fd, SNP_GET_EXT_REPORT, &io) == EINVAL, "more than 16 KiB: EINVAL");
}

static void ProbeTdReport(int fd) {
  struct TdxReportRequest request;
  memset(&request, 0, sizeof request);
  memcpy(request.report_data, nonce, kNonceSize);
  Check(Call(fd, TDX_GET_REPORT0, &request) == 0, "TDX_CMD_GET_REPORT0 works");
  Check(request.td_report[0] == 0x81, "the TDREPORT is of type 0x81");
  Check(memcmp(request.td_report + kTdReportReportDataOffset, nonce, kNonceSize) == 0,
        "and carries the nonce at 128");
  Check(Call(fd, _IO('T', 9), &request) == ENOTTY, "an unknown command: ENOTTY");
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: device_probe PROVIDER DEVICE\n");
    return 2;
  }
  for (int i = 0; i < kNonceSize; i++) {
    nonce[i] = (unsigned char)(i ^ 0xa3);
  }
  const int fd = open(argv[2], O_RDWR | O_CLOEXEC);
  Check(fd >= 0, "%s opens", argv[2]);
  if (fd >= 0 && strcmp(argv[1], "sev_guest") == 0) {
    ProbeReport(fd);
    ProbeExtendedReport(fd);
  } else if (fd >= 0) {
    ProbeTdReport(fd);
  }
  return Summary("device_probe");
}
