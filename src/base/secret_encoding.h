// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_SECRET_ENCODING_H_
#define ATTESTD_BASE_SECRET_ENCODING_H_

#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace attestd::base {

// The bytes of a secret that is written in padded Base64 (RFC 4648, 4); as strict as Base64Decode.
// No digit decides on a branch or an address, and no copy is made. InvalidArgument that says
// nothing of the text; ResourceExhausted when the secret memory is full.
absl::StatusOr<Secret> Base64DecodeSecret(std::string_view text);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_SECRET_ENCODING_H_
