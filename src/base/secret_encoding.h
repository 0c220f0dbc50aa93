// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_SECRET_ENCODING_H_
#define ATTESTD_BASE_SECRET_ENCODING_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::base {

// The bytes of a secret that is written in padded Base64 (RFC 4648, 4); as strict as Base64Decode.
// No digit decides on a branch or an address, and no copy is made. InvalidArgument that says
// nothing of the text; ResourceExhausted when the secret memory is full.
absl::StatusOr<Secret> Base64DecodeSecret(std::string_view text);

// Digits of so many bytes, with padding.
constexpr size_t Base64Size(size_t bytes) { return (bytes + 2) / 3 * 4; }
// The reverse, into memory of the caller: `out` has exactly Base64Size(bytes.size()). No digit
// depends on a branch or an address either.
void Base64EncodeSecret(ByteView bytes, std::span<uint8_t> out);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_SECRET_ENCODING_H_
