// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_H_
#define ATTESTD_BASE_HTTP_H_

#include <absl/time/time.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
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
  // Ends the call at once, from any thread; its connection is closed.
  std::stop_token stop = {};
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  // in the order received; names as received
  std::string body;

  // Values of a header, by name in any case.
  std::vector<std::string> Values(std::string_view name) const;
  // How long the server asks to wait (RFC 9110, 10.2.3), between 0 and 1 h: seconds, or a date
  // less the reply's own Date. Nothing when it does not ask, or asks nonsense.
  std::optional<absl::Duration> RetryAfter() const;
};

// Sends requests and gives whole answers, whatever their HTTP status. Safe to call from many
// threads. Errors: Unavailable (kBrokerUnreachable, kBrokerUntrusted), DeadlineExceeded,
// Cancelled (stop was requested), ResourceExhausted (kReplyRejected: over max_reply or the limits
// of a head), Internal (kReplyRejected: not HTTP as it should be), InvalidArgument (URL or header
// not allowed). No byte of the server is in an error.
class HttpTransport {
 public:
  HttpTransport() = default;
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;
  virtual ~HttpTransport() = default;

  using Done = std::function<void(absl::StatusOr<HttpResponse>)>;
  // Does not block. Calls `done` exactly once: on this thread before it returns, or on another.
  // The transport outlives the request.
  virtual void Start(HttpRequest request, Done done) = 0;

  // Waits for the answer. Not for a thread that calls `done`s.
  absl::StatusOr<HttpResponse> Send(HttpRequest request);
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_H_
