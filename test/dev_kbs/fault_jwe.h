// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_FAULT_JWE_H_
#define ATTESTD_TEST_DEV_KBS_FAULT_JWE_H_

#include <string>

#include "base/json.h"
#include "base/status.h"
#include "test/dev_kbs/faults.h"

namespace attestd::dev_kbs {

// A flattened JWE with one of the faults "jwe-...". `tee_pubkey` is whom it was encrypted to. Any
// error: the fault does not fit it.
absl::StatusOr<std::string> WithJweFault(const Fault& fault, const std::string& jwe,
                                         const base::Json& tee_pubkey);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_FAULT_JWE_H_
