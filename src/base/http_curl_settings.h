// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_CURL_SETTINGS_H_
#define ATTESTD_BASE_HTTP_CURL_SETTINGS_H_

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/client_identity.h"
#include "base/http_curl.h"
#include "base/secret.h"

// Inside the transport only.
namespace attestd::base {

struct ProxySettings {
  std::string url;  // empty: no proxy
  std::string host;
  bool tls = false;
  std::string ca_pem;
  // "Proxy-Authorization: Basic ..." and a zero byte; empty: none.
  Secret authorization;
};

// CurlOptions with every file read and every word checked.
struct CurlSettings {
  std::string ca_pem;
  std::vector<Bytes> pins;  // SHA-256 each
  ClientIdentity identity;  // empty: none
  ProxySettings proxy;
  bool allow_http = false;
  bool allow_loopback = false;
  long stall_seconds = 0;

  // Whether certificates have to lead to a known authority.
  bool asks_chain() const { return pins.empty() || !ca_pem.empty(); }
};

// Errors name the file or the option, and what to do.
absl::StatusOr<CurlSettings> LoadCurlSettings(const CurlOptions& options);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_CURL_SETTINGS_H_
