// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/wire_answer.h"

#include <algorithm>

namespace attestd::dev_kbs {
namespace {

// RFC 9110, 15; a client must not look at it.
std::string Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    default:
      return "Status";
  }
}

std::string Head(const WireAnswer& answer) {
  std::string head =
      "HTTP/1.1 " + std::to_string(answer.status) + " " + Reason(answer.status) + "\r\n";
  const std::vector<HttpHeader> length = {{"Content-Length", std::to_string(answer.body.size())}};
  for (const auto& headers : {answer.framing.value_or(length), answer.headers}) {
    for (const HttpHeader& header : headers) {
      head += header.name + ": " + header.value + "\r\n";
    }
  }
  return head + "\r\n";
}

}  // namespace

WireAnswer HonestAnswer(const KbsAnswer& answer) {
  WireAnswer wire;
  wire.status = answer.status;
  wire.body = answer.body;
  if (!answer.content_type.empty()) {
    wire.headers.push_back({"Content-Type", answer.content_type});
  }
  if (!answer.set_cookie.empty()) {
    wire.headers.push_back({"Set-Cookie", answer.set_cookie});
  }
  return wire;
}

std::string WireBytes(const WireAnswer& answer) {
  std::string bytes = answer.bare ? "" : Head(answer);
  bytes.resize(std::min(bytes.size(), answer.head_bytes.value_or(bytes.size())));
  return bytes + answer.body.substr(0, answer.body_bytes.value_or(answer.body.size()));
}

}  // namespace attestd::dev_kbs
