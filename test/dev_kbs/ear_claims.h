// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_EAR_CLAIMS_H_
#define ATTESTD_TEST_DEV_KBS_EAR_CLAIMS_H_

#include <absl/time/time.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// One device whose evidence was accepted.
struct AcceptedDevice {
  std::string tee;
  base::Json claims;
  base::Json runtime_data;  // what the evidence is bound to
};

// Claims of an attestation result (draft-fv-rats-ear) as Trustee shapes them: the first device is
// the submodule "cpu0", the others "gpu0", "gpu1", ...
base::Json BuildEarClaims(const std::vector<AcceptedDevice>& devices, absl::Time issued,
                          absl::Time expires);

// The same as the "simple" token of Trustee up to 0.10 has them: customized_claims.
base::Json BuildSimpleClaims(const std::vector<AcceptedDevice>& devices, absl::Time issued,
                             absl::Time expires);

// The TEE's public key in such claims. Unauthenticated when it is at none of Trustee's places.
absl::StatusOr<base::Json> FindTeeKey(const base::Json& claims);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_EAR_CLAIMS_H_
