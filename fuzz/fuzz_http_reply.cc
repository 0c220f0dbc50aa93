// SPDX-License-Identifier: Apache-2.0
// Heads of replies stay within their limits, and what a reply asks for within an hour.
// Covers: src/base/reply_head.cc src/base/http.cc src/base/http_date.cc src/base/address_filter.cc
#include <algorithm>
#include <string_view>

#include "base/address_filter.h"
#include "base/http_date.h"
#include "base/reply_head.h"
#include "fuzz/fuzz_target.h"

namespace base = attestd::base;

FUZZ_TARGET(input) {
  std::string_view rest = base::AsText(input);
  if (const auto date = base::ParseHttpDate(rest); date.has_value()) {
    FUZZ_CHECK(absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", *date, absl::UTCTimeZone()) == rest);
  }
  FUZZ_CHECK(!base::IsAllowedAddress(input, false) || base::IsAllowedAddress(input, true));
  base::ReplyHead head;
  bool ok = true;
  while (ok && !rest.empty()) {
    const size_t size = std::min(rest.find('\n'), rest.size() - 1) + 1;
    ok = head.AddLine(rest.substr(0, size)).ok();
    rest.remove_prefix(size);
  }
  base::HttpResponse response;
  response.headers = head.TakeHeaders();
  FUZZ_CHECK(response.headers.size() <= base::ReplyHead::kMaxHeaders);
  FUZZ_CHECK(response.Values("Content-Length").size() <= 1);
  const auto wait = response.RetryAfter();
  FUZZ_CHECK(!wait.has_value() || (*wait >= absl::ZeroDuration() && *wait <= absl::Hours(1)));
}
