// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_INIT_DATA_H_
#define ATTESTD_TEST_DEV_KBS_INIT_DATA_H_

#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// The digest that init data (CoCo's initdata specification 0.1.0) is bound by: of the whole text
// with the algorithm that it names, sha256, sha384 or sha512. InvalidArgument for a text that is no
// TOML or names none of them.
absl::StatusOr<base::Bytes> InitDataDigest(std::string_view toml);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_INIT_DATA_H_
