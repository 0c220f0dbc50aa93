// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVIDENCE_EVIDENCE_SOURCE_H_
#define ATTESTD_EVIDENCE_EVIDENCE_SOURCE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"
#include "evidence/report_data.h"
#include "evidence/runtime_registers.h"

namespace attestd::evidence {

// Evidence of one platform: JSON text in the shape its verifier reads.
struct Evidence {
  std::string json;
};

// A platform that can prove its state: one implementation for each folder under src/tee.
// Calls come one at a time (see Collector). Errors: FailedPrecondition (device absent, key missing,
// or the device's answer failed our own check), Unavailable (try again), DeadlineExceeded; each
// names the device, the step and the cause.
class EvidenceSource {
 public:
  EvidenceSource() = default;
  EvidenceSource(const EvidenceSource&) = delete;
  EvidenceSource& operator=(const EvidenceSource&) = delete;
  virtual ~EvidenceSource() = default;

  // The broker's word for the platform: "tpm", "snp", "tdx", "az-snp-vtpm", ...
  virtual std::string_view tee() const = 0;
  // Most bytes of a caller's own report data that the evidence carries unchanged.
  virtual size_t report_data_limit() const = 0;
  // Opens the device if it is not open and looks whether evidence could be made now.
  virtual absl::Status Check() = 0;
  // Evidence bound to the report data; checked to carry it before it is returned.
  virtual absl::StatusOr<Evidence> Collect(const ReportData& report_data,
                                           base::Deadline deadline) = 0;
  // Whether Collect answers at once: it has no device to wait for.
  virtual bool instant() const { return false; }

  // Binds the digest of the init data to the platform, or checks that it is bound: by a field that
  // the host set before launch, or by PCR 8. FailedPrecondition with
  // Reason::kInitDataUnbound when another digest is bound;
  // Unimplemented where the platform has no place for one.
  virtual absl::Status BindInitData(base::ByteView digest, base::Deadline deadline);
  // Nothing where the platform has no such registers. Owned by the source.
  virtual RuntimeRegisters* registers() { return nullptr; }
};

}  // namespace attestd::evidence

#endif  // ATTESTD_EVIDENCE_EVIDENCE_SOURCE_H_
