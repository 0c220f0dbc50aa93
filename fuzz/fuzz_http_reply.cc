// SPDX-License-Identifier: Apache-2.0
// Heads of replies stay within their limits, and what a reply asks for within an hour.
// Covers: src/base/reply_head.cc src/base/http.cc src/base/http_date.cc src/base/address_filter.cc
#include <algorithm>
#include <string_view>
#include <utility>

#include "base/address_filter.h"
#include "base/http.h"
#include "base/http_date.h"
#include "base/reply_head.h"
#include "fuzz/fuzz_target.h"

namespace base = attestd::base;

namespace {

// An address that carries one of IPv4 is of that one's class, so that it goes nowhere else.
void CheckAddress(base::ByteView address) {
  const base::AddressClass found = base::ClassifyAddress(address);
  FUZZ_CHECK(!base::IsAllowedAddress(address, false) || base::IsAllowedAddress(address, true));
  FUZZ_CHECK(base::IsAllowedAddress(address, false) == (found == base::AddressClass::kOrdinary));
  FUZZ_CHECK((base::AddressClassName(found) == "unknown") ==
             (address.size() != 4 && address.size() != 16));
  if (address.size() == 4) {
    base::Bytes mapped(16);
    mapped[10] = mapped[11] = 0xff;
    std::copy(address.begin(), address.end(), mapped.begin() + 12);
    FUZZ_CHECK(base::ClassifyAddress(mapped) == found);
  }
}

// A transport whose every answer is at hand.
class Replies : public base::HttpTransport {
 public:
  explicit Replies(base::HttpResponse response) : response_(std::move(response)) {}
  void Start(base::HttpRequest, Done done) override { done(response_); }

 private:
  const base::HttpResponse response_;
};

}  // namespace

FUZZ_TARGET(input) {
  std::string_view rest = base::AsText(input);
  if (const auto date = base::ParseHttpDate(rest); date.has_value()) {
    FUZZ_CHECK(absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", *date, absl::UTCTimeZone()) == rest);
  }
  CheckAddress(input);
  FUZZ_CHECK(!base::IsLiteralHost(rest) || !rest.empty());
  base::ReplyHead head;
  bool ok = true;
  while (ok && !rest.empty()) {
    const size_t size = std::min(rest.find('\n'), rest.size() - 1) + 1;
    ok = head.AddLine(rest.substr(0, size)).ok();
    rest.remove_prefix(size);
  }
  base::HttpResponse response;
  response.headers = head.TakeHeaders();
  const size_t headers = response.headers.size();
  response = *Replies(std::move(response)).Send({});
  FUZZ_CHECK(response.headers.size() == headers);
  FUZZ_CHECK(response.headers.size() <= base::ReplyHead::kMaxHeaders);
  FUZZ_CHECK(response.Values("Content-Length").size() <= 1);
  const auto wait = response.RetryAfter();
  FUZZ_CHECK(!wait.has_value() || (*wait >= absl::ZeroDuration() && *wait <= absl::Hours(1)));
}
