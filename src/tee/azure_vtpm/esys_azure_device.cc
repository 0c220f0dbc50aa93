// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/esys_azure_device.h"

#include <absl/time/clock.h>
#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "tee/azure_vtpm/format/hcl_report.h"
#include "tee/azure_vtpm/nv_index.h"
#include "tee/tpm2/esys_device.h"
#include "tee/tpm2/signing_key.h"
#include "tee/tpm2/tcti.h"

namespace attestd::tee::azure_vtpm {
namespace {

// Azure's own places (confidential-computing-cvm-guest-attestation).
constexpr TPM2_HANDLE kHclReportIndex = 0x01400001;
constexpr TPM2_HANDLE kUserDataIndex = 0x01400002;
constexpr TPM2_HANDLE kAkHandle = 0x81000003;
constexpr size_t kMaxUserDataSize = 64;
constexpr absl::Duration kFirstLockPause = absl::Milliseconds(5);
constexpr absl::Duration kLongestLockPause = absl::Milliseconds(100);

absl::StatusOr<tpm2::AttestationKey> FindAzureAk(const tpm2::EsysContext& context,
                                                 base::Deadline deadline) {
  ASSIGN_OR_RETURN(std::optional<tpm2::EsysObject> found,
                   tpm2::FindPersistent(context, kAkHandle, deadline));
  if (!found.has_value()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kKeyMissing,
                            "no attestation key at 0x81000003, where Azure keeps it");
  }
  absl::StatusOr<base::Bytes> spki = tpm2::ReadSigningKey(context, found->get(), deadline);
  if (!spki.ok()) {
    return base::Annotate(spki.status(), "0x81000003");
  }
  return tpm2::AttestationKey{.object = *std::move(found), .spki = *std::move(spki)};
}

class EsysAzureDevice : public AzureDevice {
 public:
  explicit EsysAzureDevice(const std::string& tcti) : tpm_(tcti, FindAzureAk) {}

  tpm2::TpmDevice& tpm() override { return tpm_; }

  absl::StatusOr<base::Bytes> ReadHclReport(base::Deadline deadline) override {
    ASSIGN_OR_RETURN(std::optional<base::Bytes> report,
                     Read(kHclReportIndex, kMaxHclReportSize, deadline));
    if (!report.has_value()) {
      return tpm_.Named(base::MakeStatus(
          absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
          "no NV index 0x01400001 with an HCL report: not the vTPM of an Azure confidential VM"));
    }
    return *std::move(report);
  }

  absl::Status WriteUserData(base::ByteView data, base::Deadline deadline) override {
    ASSIGN_OR_RETURN(const tpm2::EsysContext* context, tpm_.Context());
    return tpm_.Named(WriteNvIndex(*context, kUserDataIndex, data, kMaxUserDataSize, deadline));
  }

  absl::StatusOr<base::Bytes> ReadUserData(base::Deadline deadline) override {
    ASSIGN_OR_RETURN(std::optional<base::Bytes> data,
                     Read(kUserDataIndex, kMaxHclReportSize, deadline));
    return data.has_value() ? *std::move(data) : base::Bytes();
  }

  // A lock on the device node itself: there is nothing to create, and every process that may use
  // the TPM sees it.
  base::UniqueFd LockUserData(base::Deadline deadline) override {
    const std::optional<std::string> path = tpm2::TctiDevice(tpm_.tcti());
    if (!path.has_value()) {
      return {};
    }
    // /dev/tpm0 lets nobody in twice; then no other process can write either.
    base::UniqueFd node(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    absl::Duration pause = kFirstLockPause;
    while (node.valid() && ::flock(node.get(), LOCK_EX | LOCK_NB) != 0) {
      if (deadline.Expired()) {
        return {};
      }
      absl::SleepFor(std::min(pause, deadline.Remaining()));
      pause = std::min(2 * pause, kLongestLockPause);
    }
    return node;
  }

 private:
  absl::StatusOr<std::optional<base::Bytes>> Read(TPM2_HANDLE index, size_t max_size,
                                                  base::Deadline deadline) {
    ASSIGN_OR_RETURN(const tpm2::EsysContext* context, tpm_.Context());
    if (!read_limit_.has_value()) {
      const absl::StatusOr<size_t> limit = NvReadLimit(*context, deadline);
      RETURN_IF_ERROR(tpm_.Named(limit.status()));
      read_limit_ = *limit;
    }
    absl::StatusOr<std::optional<base::Bytes>> content =
        ReadNvIndex(*context, index, *read_limit_, max_size, deadline);
    RETURN_IF_ERROR(tpm_.Named(content.status()));
    return content;
  }

  tpm2::EsysDevice tpm_;
  std::optional<size_t> read_limit_;  // a TPM does not change it
};

}  // namespace

std::unique_ptr<AzureDevice> CreateEsysAzureDevice(const std::string& tcti) {
  return std::make_unique<EsysAzureDevice>(tcti);
}

}  // namespace attestd::tee::azure_vtpm
