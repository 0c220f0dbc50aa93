// SPDX-License-Identifier: Apache-2.0
#include "ctl/words.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace attestd::ctl {

absl::Status UsageError(std::string_view text) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "usage: " + std::string(text));
}

std::optional<uint32_t> ParseNumber(std::string_view text, int base, uint32_t limit) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || value > limit) {
    return std::nullopt;
  }
  return value;
}

std::optional<mode_t> ParseMode(std::string_view text) { return ParseNumber(text, 8, 0777); }

absl::StatusOr<absl::Duration> ParseDuration(std::string_view option, const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration <= absl::ZeroDuration()) {
    return UsageError(std::string(option) +
                      ": a duration with its unit is needed, as 60s, 500ms or 2m");
  }
  return duration;
}

bool LooksLikeUri(std::string_view text) {
  constexpr size_t kLongest = 4096;
  const bool scheme = text.starts_with("kbs://") ||
                      (text.starts_with("kbs+") && text.find("://") != std::string_view::npos);
  return scheme && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace attestd::ctl
