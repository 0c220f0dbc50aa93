// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_WIRE_REQUEST_H_
#define ATTESTD_TEST_DEV_KBS_WIRE_REQUEST_H_

#include <cstddef>
#include <string_view>

#include "base/status.h"
#include "test/dev_kbs/kbs_message.h"

namespace attestd::dev_kbs {

// What stands before the body of an HTTP/1.1 request.
// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library's move has assertions only.
struct RequestHead {
  KbsRequest request;  // without its body
  size_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;  // RFC 9110, 10.1.1
};

// Reads the head, the blank line at its end included. InvalidArgument when it is no HTTP/1.x, has
// a malformed header or length, or a body of unknown length.
absl::StatusOr<RequestHead> ParseRequestHead(std::string_view head);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_WIRE_REQUEST_H_
