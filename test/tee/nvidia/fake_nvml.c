// SPDX-License-Identifier: Apache-2.0
// A stand-in for NVIDIA's management library, for tests without a GPU. FAKE_NVML in the
// environment chooses what goes wrong. The report is the SPDM request with the caller's nonce and
// the start of a response, as the real library returns it.
#include <stdlib.h>
#include <string.h>

enum { kSuccess = 0, kInvalidArgument = 2, kNotSupported = 3, kTimeout = 10, kUnknown = 999 };

typedef struct nvmlDevice_st {
  unsigned index;
} * nvmlDevice_t;

typedef struct {
  unsigned certChainSize;
  unsigned attestationCertChainSize;
  unsigned char certChain[0x1000];
  unsigned char attestationCertChain[0x1400];
} nvmlConfComputeGpuCertificate_t;

typedef struct {
  unsigned isCecAttestationReportPresent;
  unsigned attestationReportSize;
  unsigned cecAttestationReportSize;
  unsigned char nonce[0x20];
  unsigned char attestationReport[0x2000];
  unsigned char cecAttestationReport[0x1000];
} nvmlConfComputeGpuAttestationReport_t;

static struct nvmlDevice_st devices[2] = {{0}, {1}};
static int initialised = 0;

static int fails(const char* what) {
  const char* wish = getenv("FAKE_NVML");
  return wish != NULL && strcmp(wish, what) == 0;
}

int nvmlInit_v2(void) {
  if (fails("init")) {
    return kUnknown;
  }
  ++initialised;
  return kSuccess;
}

int nvmlShutdown(void) {
  --initialised;
  return kSuccess;
}

const char* nvmlErrorString(int result) {
  switch (result) {
    case kNotSupported:
      return "Not Supported";
    case kTimeout:
      return "Timeout";
    default:
      return "Unknown Error";
  }
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = fails("no gpu") ? 0 : 2;
  return initialised == 1 ? kSuccess : kUnknown;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t* device) {
  if (index >= 2) {
    return kInvalidArgument;
  }
  *device = &devices[index];
  return kSuccess;
}

int nvmlDeviceGetArchitecture(nvmlDevice_t device, unsigned* architecture) {
  *architecture = fails("old gpu") ? 8 : device->index == 0 ? 9 : 10;
  return kSuccess;
}

int nvmlDeviceGetUUID(nvmlDevice_t device, char* uuid, unsigned length) {
  const char* text = device->index == 0 ? "GPU-0000" : "GPU-1111";
  if (fails("uuid") || length < strlen(text) + 1) {
    return kUnknown;
  }
  strcpy(uuid, text);
  return kSuccess;
}

int nvmlDeviceGetConfComputeGpuAttestationReport(nvmlDevice_t device,
                                                 nvmlConfComputeGpuAttestationReport_t* report) {
  static const unsigned char head[4] = {0x11, 0xe0, 0x01, 0xff};
  static const unsigned char response[2] = {0x11, 0x60};
  if (fails("not confidential")) {
    return kNotSupported;
  }
  if (fails("timeout") && device->index == 1) {
    return kTimeout;
  }
  memcpy(report->attestationReport, head, sizeof(head));
  memcpy(report->attestationReport + 4, report->nonce, sizeof(report->nonce));
  report->attestationReport[36] = 0;
  memcpy(report->attestationReport + 37, response, sizeof(response));
  report->attestationReportSize = fails("empty report")   ? 0
                                  : fails("short report") ? 36
                                  : fails("report size")  ? 0x2001
                                                          : 39;
  if (fails("other nonce")) {
    report->attestationReport[35] ^= 1;
  }
  return kSuccess;
}

int nvmlDeviceGetConfComputeGpuCertificate(nvmlDevice_t device,
                                           nvmlConfComputeGpuCertificate_t* certificate) {
  static const char pem[] = "-----BEGIN CERTIFICATE-----\n";
  (void)device;
  memcpy(certificate->attestationCertChain, pem, sizeof(pem) - 1);
  certificate->attestationCertChainSize =
      fails("certificate size") ? 0x1401 : (unsigned)sizeof(pem) - 1;
  return kSuccess;
}
