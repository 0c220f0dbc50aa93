// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/http_date.h"
#include "kbs_client/messages.h"

namespace attestd::kbs {
namespace {

constexpr size_t kMaxCookie = 256;
constexpr std::string_view kCookieName = "kbs-session-id=";
// Whatever the broker says, a session is renewed once a day.
constexpr absl::Duration kLongest = absl::Hours(24);

absl::Status Rejected(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kReplyRejected,
                          "challenge: " + std::string(what));
}

bool IsCookieValue(std::string_view value) {
  return !value.empty() && value.size() <= kMaxCookie &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != '\\';
         });
}

// The value of an attribute "; name=value", its name in any case; empty when absent.
std::string Attribute(std::string_view cookie, std::string_view name) {
  while (!cookie.empty()) {
    const std::string_view part = cookie.substr(0, cookie.find(';'));
    cookie.remove_prefix(std::min(cookie.size(), part.size() + 1));
    const std::string text(absl::StripAsciiWhitespace({part.data(), part.size()}));
    const std::string wanted = std::string(name) + "=";
    if (absl::StartsWithIgnoreCase(text, wanted)) {
      return text.substr(wanted.size());
    }
  }
  return "";
}

// "Expires" seen from the "Date" of the same answer: the wall clock here is not asked.
absl::Duration Lifetime(std::string_view cookie, const base::HttpResponse& response) {
  const auto dates = response.Values("date");
  const auto expires = base::ParseHttpDate(Attribute(cookie, "expires"));
  const auto date = dates.size() == 1 ? base::ParseHttpDate(dates.front()) : std::nullopt;
  if (!expires.has_value() || !date.has_value()) {
    return kLongest;
  }
  return std::min(kLongest, *expires - *date);
}

}  // namespace

absl::StatusOr<SessionCookie> ParseSessionCookie(const base::HttpResponse& response) {
  SessionCookie cookie;
  for (const std::string& header : response.Values("set-cookie")) {
    if (!header.starts_with(kCookieName)) {
      continue;
    }
    if (!cookie.value.empty()) {
      return Rejected("two session cookies");
    }
    cookie.value = header.substr(kCookieName.size(), header.find(';') - kCookieName.size());
    if (!IsCookieValue(cookie.value)) {
      return Rejected("the session cookie is malformed or over 256 bytes");
    }
    cookie.lifetime = Lifetime(header, response);
  }
  if (cookie.value.empty()) {
    return Rejected("no session cookie");
  }
  if (cookie.lifetime <= absl::ZeroDuration()) {
    return Rejected("the session cookie has expired already");
  }
  return cookie;
}

}  // namespace attestd::kbs
