// SPDX-License-Identifier: Apache-2.0
#include "rest/head.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace attestd::rest {
namespace {

// RFC 9110, 5.6.2.
bool IsTokenByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsValueByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= ' ' && byte != 0x7f);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

bool SameName(std::string_view one, std::string_view other) {
  return absl::EqualsIgnoreCase({one.data(), one.size()}, {other.data(), other.size()});
}

std::vector<std::string_view> Values(const Head& head, std::string_view name) {
  std::vector<std::string_view> values;
  for (const Head::Field& field : head.fields) {
    if (SameName(field.name, name)) {
      values.push_back(field.value);
    }
  }
  return values;
}

size_t Size(const Head& head) {
  size_t size = head.method.size() + head.target.size() + 12;  // spaces, HTTP/1.1, CRLF
  for (const Head::Field& field : head.fields) {
    size += field.name.size() + field.value.size() + 4;
  }
  return size;
}

bool IsWellFormed(const Head& head) {
  return std::all_of(head.fields.begin(), head.fields.end(), [](const Head::Field& field) {
    return !field.name.empty() && std::all_of(field.name.begin(), field.name.end(), IsTokenByte) &&
           std::all_of(field.value.begin(), field.value.end(), IsValueByte);
  });
}

// A browser says so itself: Origin (Fetch, 3.1), Sec-Fetch-Site (Fetch Metadata, 2.3), where "none"
// is what somebody typed.
bool IsFromPage(const Head& head) {
  const std::vector<std::string_view> sites = Values(head, "Sec-Fetch-Site");
  return !Values(head, "Origin").empty() ||
         std::any_of(sites.begin(), sites.end(),
                     [](std::string_view site) { return site != "none"; });
}

bool IsLoopbackName(std::string_view name) {
  if (SameName(name, "localhost") || name == "[::1]") {
    return true;
  }
  in_addr address{};
  return ::inet_pton(AF_INET, std::string(name).c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace

bool IsLoopbackHost(std::string_view host) {
  // The colons of an IPv6 address lie before the bracket.
  const size_t colon =
      host.find(':', host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0);
  const std::string_view port = colon == std::string_view::npos ? "80" : host.substr(colon + 1);
  return IsDigits(port) && port.size() <= 5 && IsLoopbackName(host.substr(0, colon));
}

std::optional<Framing> ParseFraming(const Head& head) {
  const std::vector<std::string_view> lengths = Values(head, "Content-Length");
  const std::vector<std::string_view> codings = Values(head, "Transfer-Encoding");
  if (lengths.size() + codings.size() > 1) {
    return std::nullopt;
  }
  Framing framing;
  if (!codings.empty()) {
    framing.chunked = true;
    return SameName(codings.front(), "chunked") ? std::optional(framing) : std::nullopt;
  }
  if (!lengths.empty() &&
      (!IsDigits(lengths.front()) ||
       !absl::SimpleAtoi({lengths.front().data(), lengths.front().size()}, &framing.length))) {
    return std::nullopt;
  }
  return framing;
}

std::optional<Refusal> RefuseHead(const Head& head) {
  if (Size(head) > kMaxHeadBytes) {
    return Refusal{.http = 431,
                   .code = absl::StatusCode::kResourceExhausted,
                   .reason = "REQUEST_TOO_LARGE",
                   .message = "request: its head is longer than 16 KiB"};
  }
  if (!IsWellFormed(head) || !ParseFraming(head).has_value()) {
    return Refusal{.reason = "MALFORMED", .message = "request: a header is malformed or repeated"};
  }
  const std::vector<std::string_view> hosts = Values(head, "Host");
  if (hosts.size() != 1) {
    return Refusal{.reason = "MALFORMED", .message = "request: expected exactly one Host header"};
  }
  if (!IsLoopbackHost(hosts.front())) {
    return Refusal{
        .http = 403,
        .code = absl::StatusCode::kPermissionDenied,
        .reason = "HOST_REFUSED",
        .message = "request: its Host is not loopback; ask localhost, 127.0.0.1 or [::1]"};
  }
  if (IsFromPage(head)) {
    return Refusal{.http = 403,
                   .code = absl::StatusCode::kPermissionDenied,
                   .reason = "PAGE_REFUSED",
                   .message = "request: web pages are not served (Origin, Sec-Fetch-Site)"};
  }
  return std::nullopt;
}

}  // namespace attestd::rest
