// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_ENCODING_H_
#define ATTESTD_BASE_ENCODING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::base {

// RFC 4648. Decoders are strict: only the named alphabet, canonical trailing bits, padding
// exactly as named, no white space; anything else is InvalidArgument.

std::string HexEncode(ByteView bytes);                   // lower case
absl::StatusOr<Bytes> HexDecode(std::string_view text);  // either case
std::string Base64Encode(ByteView bytes);                // section 4, padded
absl::StatusOr<Bytes> Base64Decode(std::string_view text);
std::string Base64UrlEncode(ByteView bytes);  // section 5, no padding
absl::StatusOr<Bytes> Base64UrlDecode(std::string_view text);
std::string Base64UrlPaddedEncode(ByteView bytes);  // section 5, padded
absl::StatusOr<Bytes> Base64UrlPaddedDecode(std::string_view text);

// The lowest `size` bytes of a number, least significant first; at most 8.
Bytes LittleEndian(uint64_t value, size_t size);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_ENCODING_H_
