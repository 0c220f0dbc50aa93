// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/wire_request.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/encoding.h"

namespace attestd::dev_kbs {
namespace {

absl::Status Bad(std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, why);
}

std::string_view TakeUntil(std::string_view& text, std::string_view divider) {
  const size_t end = std::min(text.find(divider), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + divider.size(), text.size()));
  return taken;
}

// "%2f" is "/"; what is no such triple stays.
std::string Unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const absl::StatusOr<base::Bytes> byte =
        text.front() == '%' && text.size() > 2
            ? base::HexDecode(text.substr(1, 2))
            : base::MakeStatus(absl::StatusCode::kInvalidArgument, "no triple");
    if (byte.ok()) {
      plain += static_cast<char>(byte->front());
      text.remove_prefix(3);
    } else {
      plain += text.front();
      text.remove_prefix(1);
    }
  }
  return plain;
}

bool Is(std::string_view text, std::string_view name) {
  return absl::EqualsIgnoreCase({text.data(), text.size()}, {name.data(), name.size()});
}

absl::Status TakeHeader(std::string_view name, std::string_view value, RequestHead& head) {
  KbsRequest& request = head.request;
  if (Is(name, "Cookie")) {
    request.cookie += (request.cookie.empty() ? "" : "; ") + std::string(value);
  } else if (Is(name, "Authorization")) {
    request.authorization = value;
  } else if (Is(name, "Connection")) {
    head.keep_alive = head.keep_alive && !Is(value, "close");
  } else if (Is(name, "Expect")) {
    head.expects_continue = Is(value, "100-continue");
  } else if (Is(name, "Transfer-Encoding")) {
    return Bad("a body without a length");
  } else if (Is(name, "Content-Length")) {
    const bool digits = value.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits || !absl::SimpleAtoi(std::string(value).c_str(), &head.content_length)) {
      return Bad("the length is no number");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RequestHead> ParseRequestHead(std::string_view head) {
  RequestHead result;
  std::string_view line = TakeUntil(head, "\r\n");
  result.request.method = TakeUntil(line, " ");
  std::string_view target = TakeUntil(line, " ");
  if (result.request.method.empty() || !target.starts_with('/') || !line.starts_with("HTTP/1.")) {
    return Bad("not the first line of an HTTP/1 request");
  }
  result.keep_alive = line == "HTTP/1.1";
  result.request.path = Unescaped(TakeUntil(target, "?"));
  result.request.query = target;
  for (line = TakeUntil(head, "\r\n"); !line.empty(); line = TakeUntil(head, "\r\n")) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return Bad("a header without a name");
    }
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    RETURN_IF_ERROR(TakeHeader(line.substr(0, colon), value, result));
  }
  return result;
}

}  // namespace attestd::dev_kbs
