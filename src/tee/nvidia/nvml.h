// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_NVIDIA_NVML_H_
#define ATTESTD_TEE_NVIDIA_NVML_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/status.h"

struct nvmlDevice_st;

namespace attestd::tee::nvidia {

inline constexpr size_t kNonceSize = 32;

// What one GPU says of itself.
struct GpuReport {
  std::string arch;         // "HOPPER", "BLACKWELL"
  std::string uuid;         // "GPU-..." or "unknown"
  base::Bytes report;       // SPDM GET_MEASUREMENTS request and response
  base::Bytes certificate;  // chain in PEM
};

// NVIDIA's management library (NVML), loaded at run time: it comes with the driver and cannot be
// linked. Lives as long as the library stays loaded.
class Nvml {
 public:
  // FailedPrecondition: the library, or a function of it, is not there (Reason::kDeviceMissing,
  // naming it and what to install), or it cannot reach the driver.
  static absl::StatusOr<std::unique_ptr<Nvml>> Load(const std::string& path);
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml();

  // FailedPrecondition with Reason::kDeviceMissing when there is no GPU.
  absl::StatusOr<unsigned> CountGpus() const;
  // Asks one GPU. FailedPrecondition, also when the report does not carry the nonce, or Unavailable
  // when the GPU may answer later; naming GPU, step and NVML's own words.
  absl::StatusOr<GpuReport> Attest(unsigned index,
                                   const std::array<uint8_t, kNonceSize>& nonce) const;

 private:
  struct Functions;
  struct Closer {
    void operator()(void* library) const;
  };
  using Library = std::unique_ptr<void, Closer>;

  Nvml(Library library, std::unique_ptr<Functions> functions);
  absl::Status Result(int result, const std::string& step) const;
  absl::StatusOr<std::string> Architecture(nvmlDevice_st* gpu, const std::string& name) const;
  std::string Uuid(nvmlDevice_st* gpu) const;

  const Library library_;
  const std::unique_ptr<Functions> functions_;
};

}  // namespace attestd::tee::nvidia

#endif  // ATTESTD_TEE_NVIDIA_NVML_H_
