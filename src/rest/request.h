// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_REQUEST_H_
#define ATTESTD_REST_REQUEST_H_

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rest/head.h"

namespace attestd::rest {

// Which paths are served: guest-components' --features.
struct Features {
  bool resource = false;
  bool attestation = false;

  // "resource", "attestation", "all", or "none".
  std::string_view name() const;
};

// What a request asks of our methods, one after the other, and what its reply is made of.
struct Request {
  enum class Kind {
    kBytes,  // of the method's reply, as they are
    kInfo,   // what attestd is, from no or two methods
    kEvent,  // whether an event was measured; the call is in the request's body
  };
  struct Call {
    std::string_view method;  // "/package.Service/Method"
    std::string message;      // protobuf
  };
  Kind kind = Kind::kBytes;
  std::vector<Call> calls;
};

using Parsed = std::variant<Request, Refusal>;

// From the head of any client of the socket. Paths and parameters are those of guest-components'
// api-server-rest, and /cdh/plugin.
Parsed ParseRequest(const Head& head, const Features& features);

// From the body of POST /aa/aael: {"domain", "operation", "content"}, three texts.
Parsed ParseEvent(std::string_view body);

}  // namespace attestd::rest

#endif  // ATTESTD_REST_REQUEST_H_
