// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_REPLY_HEAD_H_
#define ATTESTD_BASE_REPLY_HEAD_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/status.h"

namespace attestd::base {

// The head of an HTTP reply, line by line, with the limits and the checks that libcurl leaves out.
// Interim replies (1xx) count into the limits and are forgotten; trailers count and are not kept.
class ReplyHead {
 public:
  static constexpr size_t kMaxBytes = 16384;
  static constexpr size_t kMaxHeaders = 100;

  // One line as received, its end included; empty at the end of a head. ResourceExhausted over a
  // limit, Internal when malformed or when the length of the body is open to doubt: more than one
  // Content-Length or Transfer-Encoding, both, or a value that is no number and not "chunked"
  // (RFC 9112, section 6.3). Both kReplyRejected, without the bytes.
  absl::Status AddLine(std::string_view line);
  // Whether a head was read to its end: libcurl takes one that breaks off for a whole one.
  bool complete() const { return ended_ && !in_head_; }
  // What was read of the last head; it starts anew.
  std::vector<HttpHeader> TakeHeaders();

 private:
  absl::Status AddHeader(std::string_view line);
  absl::Status CheckLength(std::string_view name, std::string_view value);

  std::vector<HttpHeader> headers_;
  size_t bytes_ = 0;
  size_t count_ = 0;
  bool in_head_ = false;
  bool ended_ = false;
  bool has_length_ = false;
  bool has_encoding_ = false;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_REPLY_HEAD_H_
