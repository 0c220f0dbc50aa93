// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_CURL_H_
#define ATTESTD_BASE_HTTP_CURL_H_

#include <memory>
#include <string>

#include "base/http.h"

namespace attestd::base {

struct CurlOptions {
  // PEM file with the authorities that may sign the server; empty: the system's.
  std::string ca_file;
  // Plain http is refused unless this is set.
  bool allow_http = false;
};

// HTTP over libcurl: no redirects, no proxies, no environment, no cookie store, TLS 1.2 or later.
// Keeps one connection for each call that runs at the same time and uses it again.
absl::StatusOr<std::unique_ptr<HttpTransport>> CreateCurlTransport(const CurlOptions& options);

// The parts of an http or https URL that matter here.
struct HttpUrl {
  std::string scheme;  // "http" or "https"
  std::string host;
  std::string port;  // always given: 443 or 80 when the text leaves it out
};

// InvalidArgument for another scheme, a missing host, a user, a query or a fragment.
absl::StatusOr<HttpUrl> ParseHttpUrl(const std::string& text);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_CURL_H_
