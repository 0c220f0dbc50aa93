// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_RANDOM_H_
#define ATTESTD_BASE_RANDOM_H_

#include <cstddef>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::base {

// Bytes that nobody can foretell and everybody may see: IVs, nonces. Internal when OpenSSL's
// generator fails; there is no other.
absl::StatusOr<Bytes> RandomBytes(size_t size);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_RANDOM_H_
