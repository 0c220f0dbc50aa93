// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVIDENCE_RUNTIME_REGISTERS_H_
#define ATTESTD_EVIDENCE_RUNTIME_REGISTERS_H_

#include <cstdint>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/hash.h"
#include "base/status.h"

namespace attestd::evidence {

// Registers that a guest extends while it runs: PCRs of a TPM, RTMRs of a TDX guest. Callers name
// them by PCR number; a platform without PCRs maps it to a register of its own. Calls come one at
// a time (see Collector). Errors are those of EvidenceSource.
class RuntimeRegisters {
 public:
  RuntimeRegisters() = default;
  RuntimeRegisters(const RuntimeRegisters&) = delete;
  RuntimeRegisters& operator=(const RuntimeRegisters&) = delete;
  virtual ~RuntimeRegisters() = default;

  // The digest that a register is extended with.
  virtual base::HashAlgorithm hash() const = 0;
  // The register's index in an event log: the PCR itself on a TPM, the CC measurement register
  // (RTMR + 1) on TDX. PermissionDenied for a register that is not for run-time events, naming
  // those that are. Touches no device.
  virtual absl::StatusOr<uint32_t> EventLogIndex(uint64_t pcr) const = 0;
  virtual absl::StatusOr<base::Bytes> Read(uint64_t pcr, base::Deadline deadline) = 0;
  // register = hash(register || digest).
  virtual absl::Status Extend(uint64_t pcr, base::ByteView digest, base::Deadline deadline) = 0;
};

}  // namespace attestd::evidence

#endif  // ATTESTD_EVIDENCE_RUNTIME_REGISTERS_H_
