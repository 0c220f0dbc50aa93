// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_DATE_H_
#define ATTESTD_BASE_HTTP_DATE_H_

#include <absl/time/time.h>

#include <optional>
#include <string_view>

namespace attestd::base {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), between 1970 and 9999. Nothing for anything
// else, its obsolete forms and days that do not exist included.
std::optional<absl::Time> ParseHttpDate(std::string_view text);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_DATE_H_
