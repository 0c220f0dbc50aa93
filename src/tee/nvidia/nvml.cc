// SPDX-License-Identifier: Apache-2.0
#include "tee/nvidia/nvml.h"

#include <dlfcn.h>

#include <algorithm>
#include <span>
#include <utility>

#include "tee/nvidia/nvml_abi.h"

namespace attestd::tee::nvidia {
namespace {

// SPDM 1.1 GET_MEASUREMENTS (DSP0274, section 10.11.1): version, code, two parameters, nonce, slot.
constexpr size_t kNonceOffset = 4;
constexpr size_t kRequestSize = 37;

absl::Status Missing(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
                          "nvidia: " + what);
}

// dlerror() keeps its text until the next call only, for each thread its own (dlerror(3)).
std::string LoaderError() {
  const char* text = ::dlerror();  // NOLINT(concurrency-mt-unsafe): see above
  return text != nullptr ? text : "no reason given";
}

// The first `size` bytes of a field; nothing when the field is shorter, or nothing is in it.
template <size_t kField>
base::Bytes Used(const unsigned char (&field)[kField], unsigned size) {
  if (size > kField) {
    return {};
  }
  return {field, field + size};
}

}  // namespace

struct Nvml::Functions {
  int (*init)();
  int (*shutdown)();
  const char* (*error_string)(int);
  int (*device_get_count)(unsigned*);
  int (*device_get_handle_by_index)(unsigned, nvmlDevice_st**);
  int (*device_get_architecture)(nvmlDevice_st*, unsigned*);
  int (*device_get_uuid)(nvmlDevice_st*, char*, unsigned);
  int (*device_get_attestation_report)(nvmlDevice_st*, NvmlGpuAttestationReport*);
  int (*device_get_certificate)(nvmlDevice_st*, NvmlGpuCertificate*);
};

namespace {

template <typename Function>
absl::Status Find(void* library, const std::string& path, const char* name, Function& function) {
  void* symbol = ::dlsym(library, name);
  if (symbol == nullptr) {
    return Missing(path + " has no function " + name +
                   "; install a driver of release 550 or later, which knows confidential "
                   "computing");
  }
  function = reinterpret_cast<Function>(symbol);
  return absl::OkStatus();
}

}  // namespace

void Nvml::Closer::operator()(void* library) const { ::dlclose(library); }

Nvml::Nvml(Library library, std::unique_ptr<Functions> functions)
    : library_(std::move(library)), functions_(std::move(functions)) {}

Nvml::~Nvml() { functions_->shutdown(); }

absl::StatusOr<std::unique_ptr<Nvml>> Nvml::Load(const std::string& path) {
  Library library(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (library == nullptr) {
    return Missing("cannot load " + path + ", NVIDIA's management library: " + LoaderError() +
                   "; install the NVIDIA driver's user-space package (Debian: libnvidia-ml1), or "
                   "name the library in [nvidia] library");
  }
  auto functions = std::make_unique<Functions>();
  const auto find = [&](const char* name, auto& function) {
    return Find(library.get(), path, name, function);
  };
  RETURN_IF_ERROR(find("nvmlInit_v2", functions->init));
  RETURN_IF_ERROR(find("nvmlShutdown", functions->shutdown));
  RETURN_IF_ERROR(find("nvmlErrorString", functions->error_string));
  RETURN_IF_ERROR(find("nvmlDeviceGetCount_v2", functions->device_get_count));
  RETURN_IF_ERROR(find("nvmlDeviceGetHandleByIndex_v2", functions->device_get_handle_by_index));
  RETURN_IF_ERROR(find("nvmlDeviceGetArchitecture", functions->device_get_architecture));
  RETURN_IF_ERROR(find("nvmlDeviceGetUUID", functions->device_get_uuid));
  RETURN_IF_ERROR(find("nvmlDeviceGetConfComputeGpuAttestationReport",
                       functions->device_get_attestation_report));
  RETURN_IF_ERROR(
      find("nvmlDeviceGetConfComputeGpuCertificate", functions->device_get_certificate));
  if (const int result = functions->init(); result != kNvmlSuccess) {
    return Missing("nvmlInit_v2 of " + path + ": " + functions->error_string(result) +
                   "; load the NVIDIA kernel driver and give attestd access to /dev/nvidia*");
  }
  return std::unique_ptr<Nvml>(new Nvml(std::move(library), std::move(functions)));
}

absl::Status Nvml::Result(int result, const std::string& step) const {
  if (result == kNvmlSuccess) {
    return absl::OkStatus();
  }
  const bool transient = result == kNvmlErrorTimeout || result == kNvmlErrorInUse;
  return base::MakeStatus(
      transient ? absl::StatusCode::kUnavailable : absl::StatusCode::kFailedPrecondition,
      base::Reason::kDeviceFailed, "nvidia: " + step + ": " + functions_->error_string(result));
}

absl::StatusOr<unsigned> Nvml::CountGpus() const {
  unsigned count = 0;
  RETURN_IF_ERROR(Result(functions_->device_get_count(&count), "nvmlDeviceGetCount_v2"));
  if (count == 0) {
    return Missing("no GPU was found; take nvidia out of [tee] devices");
  }
  return count;
}

absl::StatusOr<std::string> Nvml::Architecture(nvmlDevice_st* gpu, const std::string& name) const {
  unsigned architecture = 0;
  RETURN_IF_ERROR(Result(functions_->device_get_architecture(gpu, &architecture),
                         name + ": nvmlDeviceGetArchitecture"));
  switch (architecture) {
    case kNvmlArchHopper:
      return "HOPPER";
    case kNvmlArchBlackwell:
      return "BLACKWELL";
    default:
      return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                              "nvidia: " + name + " is of architecture " +
                                  std::to_string(architecture) +
                                  "; expected Hopper (9) or Blackwell (10), which can attest");
  }
}

std::string Nvml::Uuid(nvmlDevice_st* gpu) const {
  std::array<char, kNvmlUuidSize> text{};
  if (functions_->device_get_uuid(gpu, text.data(), text.size()) != kNvmlSuccess) {
    return "unknown";
  }
  return {text.begin(), std::find(text.begin(), text.end(), '\0')};
}

absl::StatusOr<GpuReport> Nvml::Attest(unsigned index,
                                       const std::array<uint8_t, kNonceSize>& nonce) const {
  const std::string name = "GPU " + std::to_string(index);
  nvmlDevice_st* gpu = nullptr;
  RETURN_IF_ERROR(Result(functions_->device_get_handle_by_index(index, &gpu),
                         name + ": nvmlDeviceGetHandleByIndex_v2"));
  GpuReport found;
  ASSIGN_OR_RETURN(found.arch, Architecture(gpu, name));
  found.uuid = Uuid(gpu);
  // 12 and 9 KiB: too much for the stack.
  const auto report = std::make_unique<NvmlGpuAttestationReport>();
  std::copy(nonce.begin(), nonce.end(), report->nonce);
  RETURN_IF_ERROR(Result(functions_->device_get_attestation_report(gpu, report.get()),
                         name + ": nvmlDeviceGetConfComputeGpuAttestationReport"));
  const auto certificate = std::make_unique<NvmlGpuCertificate>();
  RETURN_IF_ERROR(Result(functions_->device_get_certificate(gpu, certificate.get()),
                         name + ": nvmlDeviceGetConfComputeGpuCertificate"));
  found.report = Used(report->attestation_report, report->attestation_report_size);
  found.certificate =
      Used(certificate->attestation_cert_chain, certificate->attestation_cert_chain_size);
  if (found.report.size() < kRequestSize || found.certificate.empty() ||
      !std::equal(nonce.begin(), nonce.end(), found.report.begin() + kNonceOffset)) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            "nvidia: " + name + ": a report of " +
                                std::to_string(report->attestation_report_size) +
                                " bytes and a certificate chain of " +
                                std::to_string(certificate->attestation_cert_chain_size) +
                                " bytes; expected both, and our nonce at byte 4 of the report");
  }
  return found;
}

}  // namespace attestd::tee::nvidia
