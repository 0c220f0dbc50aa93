// SPDX-License-Identifier: Apache-2.0
#include "base/http.h"

#include <absl/strings/numbers.h>
#include <strings.h>

#include <algorithm>
#include <utility>

#include "base/await.h"
#include "base/http_date.h"

namespace attestd::base {
namespace {

constexpr absl::Duration kMaxRetryAfter = absl::Hours(1);
// More digits than any number of seconds below the limit; what is longer is over it.
constexpr size_t kMaxDigits = 9;

bool AllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

absl::Duration Clamped(absl::Duration duration) {
  return std::clamp(duration, absl::ZeroDuration(), kMaxRetryAfter);
}

}  // namespace

std::vector<std::string> HttpResponse::Values(std::string_view name) const {
  std::vector<std::string> values;
  for (const HttpHeader& header : headers) {
    if (header.name.size() == name.size() &&
        ::strncasecmp(header.name.data(), name.data(), name.size()) == 0) {
      values.push_back(header.value);
    }
  }
  return values;
}

std::optional<absl::Duration> HttpResponse::RetryAfter() const {
  const std::vector<std::string> asked = Values("Retry-After");
  if (asked.size() != 1) {
    return std::nullopt;
  }
  if (AllDigits(asked[0])) {
    int seconds = 0;
    if (asked[0].size() > kMaxDigits || !absl::SimpleAtoi(asked[0], &seconds)) {
      return kMaxRetryAfter;
    }
    return Clamped(absl::Seconds(seconds));
  }
  const std::vector<std::string> sent = Values("Date");
  const std::optional<absl::Time> until = ParseHttpDate(asked[0]);
  const std::optional<absl::Time> now =
      sent.size() == 1 ? ParseHttpDate(sent[0]) : std::optional<absl::Time>();
  if (!until.has_value() || !now.has_value()) {
    return std::nullopt;
  }
  return Clamped(*until - *now);
}

absl::StatusOr<HttpResponse> HttpTransport::Send(HttpRequest request) {
  // It ends by the request's own deadline and stop.
  return Await<absl::StatusOr<HttpResponse>>({}, [&](const CallContext& /*none*/, auto done) {
    Start(std::move(request), std::move(done));
  });
}

}  // namespace attestd::base
