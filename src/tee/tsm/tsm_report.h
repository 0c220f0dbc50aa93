// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TSM_TSM_REPORT_H_
#define ATTESTD_TEE_TSM_TSM_REPORT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"

// The kernel's configfs-tsm interface (Documentation/ABI/testing/configfs-tsm), which SNP, TDX and
// CCA guests share.
namespace attestd::tee::tsm {

inline constexpr char kDefaultRoot[] = "/sys/kernel/config/tsm/report";

struct TsmRequest {
  base::Bytes inblob;                 // report data; most providers want 64 bytes
  std::optional<unsigned> privlevel;  // VMPL of SNP
  // Longer blobs are refused (outblob) or dropped (auxblob). 0: auxblob is not read.
  size_t max_outblob = size_t{1} << 20;
  size_t max_auxblob = 0;
};

struct TsmReport {
  base::Bytes outblob;
  base::Bytes auxblob;  // empty when there is none, or it was dropped
};

// Reports of one provider. Each request has a directory of its own below the root, which is always
// removed. Safe to use beside other processes.
class TsmReporter {
 public:
  // `provider` is the kernel's word: "sev_guest", "tdx_guest", "arm_cca_guest".
  TsmReporter(std::string root, std::string provider);

  // Whether the interface is there and its provider is the one wanted. FailedPrecondition with
  // Reason::kDeviceMissing otherwise, naming the path and what was found.
  absl::Status Check() const;
  // One report. Transient answers (EBUSY, EINTR, EAGAIN, ETIMEDOUT, a generation that another
  // process moved) are tried again until the deadline. Errors name path, attribute and cause:
  // FailedPrecondition (no provider, refused input, empty or oversized outblob), Unavailable
  // (Reason::kBusy), DeadlineExceeded.
  absl::StatusOr<TsmReport> Get(const TsmRequest& request, base::Deadline deadline) const;
  // Removes directories that a killed process of ours left; those of a live one stay. The number
  // removed.
  int RemoveLeftovers() const;

 private:
  absl::StatusOr<TsmReport> GetOnce(const TsmRequest& request) const;

  const std::string root_;
  const std::string provider_;
  const std::string prefix_;  // of our directories' names
};

}  // namespace attestd::tee::tsm

#endif  // ATTESTD_TEE_TSM_TSM_REPORT_H_
