// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_EVIDENCE_JUDGE_H_
#define ATTESTD_TEST_DEV_KBS_EVIDENCE_JUDGE_H_

#include <absl/time/time.h>

#include <string>
#include <vector>

#include "base/status.h"
#include "test/dev_kbs/ear_claims.h"
#include "test/dev_kbs/kbs_message.h"
#include "test/dev_kbs/policy.h"

namespace attestd::dev_kbs {

// Judges the evidence of the session's platform and of every additional device against the policy
// and the binding of the protocol: SHA-384 over the canonical runtime data, which names the nonce,
// the TEE key and, in a composite message, the additional evidence. The nonce is the session's.
// Unauthenticated, with the reason for the log, when one of them is refused; the platform comes
// first in the result. Init data that comes along must be bound to the platform; the sample
// platform only repeats its digest. Dates are judged by the policy's clock, else by `now`.
absl::StatusOr<std::vector<AcceptedDevice>> JudgeEvidence(const std::string& tee,
                                                          const Attestation& attestation,
                                                          const Policy& policy, absl::Time now);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_EVIDENCE_JUDGE_H_
