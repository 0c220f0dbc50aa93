// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_TARGET_H_
#define ATTESTD_REST_TARGET_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace attestd::rest {

// The target of a request line in origin form (RFC 9112, 3.2.1), as it came.
struct Target {
  std::string_view path;   // begins with "/"
  std::string_view query;  // without its "?"
  bool has_query = false;
};

// Nothing for any other form, and for bytes that no target has.
std::optional<Target> ParseTarget(std::string_view text);

// The segments of a path with their percent escapes decoded once. Nothing when an escape is
// malformed or stands for anything but a letter, digit or one of "-._~" (RFC 3986, 2.3): what must
// be escaped is in no name of a resource.
std::optional<std::string> DecodePath(std::string_view path);

// Parameters of a query as HTML forms write them (WHATWG URL, application/x-www-form-urlencoded).
using Parameters = std::map<std::string, std::string, std::less<>>;

// Nothing when the query is malformed, or has a name twice or one that is not in `known`.
std::optional<Parameters> ParseParameters(const Target& target,
                                          std::span<const std::string_view> known);

}  // namespace attestd::rest

#endif  // ATTESTD_REST_TARGET_H_
