// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_REPLY_H_
#define ATTESTD_REST_REPLY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/method.h"
#include "base/status.h"
#include "rest/request.h"

namespace attestd::rest {

// What goes out: the secret of `body`, or else its bytes from `begin` on.
struct HttpReply {
  unsigned http = 200;
  std::string_view content_type = "application/json";
  std::string_view allow = {};  // a header of that name, unless empty
  base::Reply body;
  size_t begin = 0;

  base::ByteView view() const {
    return body.secret != nullptr ? body.secret->view() : base::AsBytes(body.bytes).subspan(begin);
  }
};

// What our methods answered, as the body that guest-components' api-server-rest has for it.
// `replies` has one for each call of the request. Internal when one is no message of its method.
struct Replies {
  std::vector<base::Reply> of_calls;
  const Features& features;
  const std::string& version;
};
absl::StatusOr<HttpReply> MakeReply(Request::Kind kind, Replies replies);

}  // namespace attestd::rest

#endif  // ATTESTD_REST_REPLY_H_
