// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_H_
#define ATTESTD_BASE_HTTP_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"

namespace attestd::base {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  enum class Method { kGet, kPost };
  Method method = Method::kGet;
  std::string url;
  std::vector<HttpHeader> headers;
  std::string body;
  Deadline deadline = Deadline::Infinite();
  // A longer reply is cut off and refused.
  size_t max_reply = size_t{2} << 20;
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  // in the order received; names as received
  std::string body;

  // Values of a header, by name in any case.
  std::vector<std::string> Values(std::string_view name) const;
};

// Sends one request and returns the whole answer, whatever its HTTP status. Safe to call from
// many threads. Errors: Unavailable (kBrokerUnreachable, kBrokerUntrusted), DeadlineExceeded,
// ResourceExhausted (reply over max_reply), InvalidArgument (URL not allowed).
class HttpTransport {
 public:
  HttpTransport() = default;
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;
  virtual ~HttpTransport() = default;
  virtual absl::StatusOr<HttpResponse> Send(const HttpRequest& request) = 0;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_H_
