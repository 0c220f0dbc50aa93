// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_NVIDIA_NVML_ABI_H_
#define ATTESTD_TEE_NVIDIA_NVML_ABI_H_

// The part of NVML's binary interface that is used here, as nvml.h of CUDA 12.4 declares it. The
// layouts are frozen: NVML adds functions and versions, and never changes one.
extern "C" {

struct nvmlDevice_st;

// nvmlReturn_t
enum {
  kNvmlSuccess = 0,
  kNvmlErrorTimeout = 10,
  kNvmlErrorInUse = 19,
};

// nvmlDeviceArchitecture_t
enum {
  kNvmlArchHopper = 9,
  kNvmlArchBlackwell = 10,
};

// NVML_DEVICE_UUID_V2_BUFFER_SIZE
enum { kNvmlUuidSize = 96 };

// nvmlConfComputeGpuCertificate_t
struct NvmlGpuCertificate {
  unsigned int cert_chain_size;
  unsigned int attestation_cert_chain_size;
  unsigned char cert_chain[0x1000];
  unsigned char attestation_cert_chain[0x1400];
};

// nvmlConfComputeGpuAttestationReport_t
struct NvmlGpuAttestationReport {
  unsigned int is_cec_attestation_report_present;
  unsigned int attestation_report_size;
  unsigned int cec_attestation_report_size;
  unsigned char nonce[0x20];
  unsigned char attestation_report[0x2000];
  unsigned char cec_attestation_report[0x1000];
};

}  // extern "C"

static_assert(sizeof(NvmlGpuCertificate) == 8 + 0x1000 + 0x1400);
static_assert(sizeof(NvmlGpuAttestationReport) == 12 + 0x20 + 0x2000 + 0x1000);

#endif  // ATTESTD_TEE_NVIDIA_NVML_ABI_H_
