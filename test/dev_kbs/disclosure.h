// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_DISCLOSURE_H_
#define ATTESTD_TEST_DEV_KBS_DISCLOSURE_H_

#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// Tells a test what of an exchange is secret: "cookie", "token" or "cek" (a JWE's content key), and
// its bytes. Empty: nobody is told.
using Disclosure = std::function<void(std::string_view what, base::ByteView bytes)>;

// Appends lines "what hex-digits" to a file that is its owner's alone. Errors are those of open(2).
absl::StatusOr<Disclosure> DiscloseTo(const std::string& path);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_DISCLOSURE_H_
