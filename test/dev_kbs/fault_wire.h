// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_FAULT_WIRE_H_
#define ATTESTD_TEST_DEV_KBS_FAULT_WIRE_H_

#include "base/status.h"
#include "test/dev_kbs/faults.h"
#include "test/dev_kbs/wire_answer.h"

namespace attestd::dev_kbs {

// The answer with a fault of FaultStage::kWire. Any error: the fault does not fit this answer, or
// a file cannot be read.
absl::StatusOr<WireAnswer> WithWireFault(const Fault& fault, WireAnswer answer);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_FAULT_WIRE_H_
