// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_JSON_H_
#define ATTESTD_BASE_JSON_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

// The one door to the JSON library. Files that touch values include <nlohmann/json.hpp> too.
namespace attestd::base {

using Json = nlohmann::json;

struct JsonLimits {
  size_t depth = 32;
  size_t elements = 20000;  // values and keys together
};

// Strict RFC 8259: UTF-8, no duplicate keys, nothing behind the value, within the limits.
// InvalidArgument otherwise; the message never quotes the input.
absl::StatusOr<Json> ParseJson(std::string_view text, const JsonLimits& limits);
absl::StatusOr<Json> ParseJson(std::string_view text);

// Compact text; members in byte order of their keys. InvalidArgument for invalid UTF-8.
absl::StatusOr<std::string> DumpJson(const Json& value);

// A member of an object. InvalidArgument naming the key when it is absent or of another type.
absl::StatusOr<std::string> GetString(const Json& object, std::string_view key);
// The same without a copy; it stays owned by the object.
absl::StatusOr<const std::string*> FindString(const Json& object, std::string_view key);
// A member of an object that is padded Base64 (RFC 4648, 4), or Base64url without padding (5).
absl::StatusOr<Bytes> GetBase64(const Json& object, std::string_view key);
absl::StatusOr<Bytes> GetBase64Url(const Json& object, std::string_view key);
// A member that is an unsigned number of at most `max`.
absl::StatusOr<uint64_t> GetUnsigned(const Json& object, std::string_view key, uint64_t max);
// Bytes that are written as an array of numbers. InvalidArgument for anything else.
absl::StatusOr<Bytes> BytesFromNumbers(const Json& value);
// The value stays owned by the object.
absl::StatusOr<const Json*> GetMember(const Json& object, std::string_view key);

// RFC 8785 (JSON Canonicalization Scheme). InvalidArgument for numbers beyond what an IEEE
// double holds exactly and for invalid UTF-8.
absl::StatusOr<std::string> CanonicalJson(const Json& value);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_JSON_H_
