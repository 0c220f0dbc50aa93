// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_FAULT_TOKEN_H_
#define ATTESTD_TEST_DEV_KBS_FAULT_TOKEN_H_

#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// Signs claims as the broker does.
using SignClaims = std::function<absl::StatusOr<std::string>(const base::Json& claims)>;

// An honest token made bad in one of the ways of the fault "token". Where only a claim changes, it
// is the broker's own again.
absl::StatusOr<std::string> BadToken(const std::string& token, std::string_view kind,
                                     const SignClaims& sign);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_FAULT_TOKEN_H_
