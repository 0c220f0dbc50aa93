// SPDX-License-Identifier: Apache-2.0
#include "base/reply_head.h"

#include <strings.h>

#include <algorithm>
#include <string>
#include <utility>

namespace attestd::base {
namespace {

// Digits of a length that no limit of ours reaches.
constexpr size_t kMaxLengthDigits = 15;

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t")));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

absl::Status Malformed(std::string_view what) {
  return MakeStatus(absl::StatusCode::kInternal, Reason::kReplyRejected, what);
}

absl::Status TooLarge(std::string_view what) {
  return MakeStatus(absl::StatusCode::kResourceExhausted, Reason::kReplyRejected, what);
}

// Visible ASCII, so that neither "Content-Length : 1" nor a folded line passes for something else.
bool IsName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

absl::Status ReplyHead::AddLine(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxBytes) {
    return TooLarge("the reply's head is over 16 KiB");
  }
  while (line.ends_with('\n') || line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (in_head_) {
    in_head_ = !line.empty();
    ended_ = !in_head_;
    return in_head_ ? AddHeader(line) : absl::OkStatus();
  }
  if (line.starts_with("HTTP/")) {
    in_head_ = true;
    headers_.clear();
    has_length_ = false;
    has_encoding_ = false;
  }
  return absl::OkStatus();
}

absl::Status ReplyHead::AddHeader(std::string_view line) {
  if (++count_ > kMaxHeaders) {
    return TooLarge("the reply has more than 100 headers");
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsName(line.substr(0, colon))) {
    return Malformed("the reply has a malformed header");
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trimmed(line.substr(colon + 1));
  RETURN_IF_ERROR(CheckLength(name, value));
  headers_.push_back({std::string(name), std::string(value)});
  return absl::OkStatus();
}

absl::Status ReplyHead::CheckLength(std::string_view name, std::string_view value) {
  const bool length = EqualsIgnoreCase(name, "Content-Length");
  const bool encoding = EqualsIgnoreCase(name, "Transfer-Encoding");
  if (!length && !encoding) {
    return absl::OkStatus();
  }
  if (has_length_ || has_encoding_) {
    return Malformed("the reply tells the length of its body twice");
  }
  if (length && (value.empty() || value.size() > kMaxLengthDigits ||
                 value.find_first_not_of("0123456789") != std::string_view::npos)) {
    return Malformed("the reply has a Content-Length that is no length");
  }
  if (encoding && !EqualsIgnoreCase(value, "chunked")) {
    return Malformed("the reply has a Transfer-Encoding other than chunked");
  }
  (length ? has_length_ : has_encoding_) = true;
  return absl::OkStatus();
}

std::vector<HttpHeader> ReplyHead::TakeHeaders() {
  std::vector<HttpHeader> headers = std::move(headers_);
  *this = ReplyHead();
  return headers;
}

}  // namespace attestd::base
