// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_BASE_HTTP_TEST_REQUEST_H_
#define ATTESTD_TEST_BASE_HTTP_TEST_REQUEST_H_

#include <memory>
#include <stdexcept>
#include <string>

#include "base/http_curl.h"

// What the tests of the transport have in common.
namespace attestd::base {

inline HttpRequest Get(const std::string& url, absl::Duration limit = absl::Seconds(5)) {
  return {.url = url, .headers = {}, .body = {}, .deadline = Deadline::After(limit)};
}

inline std::string OkReply(const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// The same, after which the server closes the connection.
inline std::string LastReply(const std::string& body) {
  return OkReply(body, "Connection: close\r\n");
}

inline std::unique_ptr<HttpTransport> MakeTransport(const CurlOptions& options) {
  auto transport = CreateCurlTransport(options);
  if (!transport.ok()) {
    throw std::runtime_error("transport: " + transport.status().ToString());
  }
  return *std::move(transport);
}

inline std::unique_ptr<HttpTransport> PlainTransport() {
  return MakeTransport({.allow_http = true});
}

inline bool Says(const absl::Status& status, std::string_view text) {
  const auto message = status.message();
  return std::string_view(message.data(), message.size()).find(text) != std::string_view::npos;
}

}  // namespace attestd::base

#endif  // ATTESTD_TEST_BASE_HTTP_TEST_REQUEST_H_
