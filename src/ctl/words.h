// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_WORDS_H_
#define ATTESTD_CTL_WORDS_H_

#include <absl/time/time.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace attestd::ctl {

// InvalidArgument "usage: text".
absl::Status UsageError(std::string_view text);

// The whole text as a number in `base`, at most `limit`.
std::optional<uint32_t> ParseNumber(std::string_view text, int base, uint32_t limit);

// An octal mode up to 0777.
std::optional<mode_t> ParseMode(std::string_view text);

// A duration above zero with its unit; `option` is what the error names.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view option, const std::string& text);

// Whether the text can be a resource's name: kbs:// or kbs+PLUGIN://, printable ASCII, at most 4096
// bytes. The daemon judges the rest.
bool LooksLikeUri(std::string_view text);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_WORDS_H_
