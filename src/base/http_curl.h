// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_CURL_H_
#define ATTESTD_BASE_HTTP_CURL_H_

#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/http.h"
#include "base/io_loop.h"

namespace attestd::base {

// An HTTP proxy; all requests go through a tunnel that CONNECT opens (RFC 9110, 9.3.6).
struct ProxyOptions {
  // "http://host:port" or "https://host:port"; empty: no proxy.
  std::string url = {};
  // PEM file with the authorities that may sign an https proxy; empty: the system's.
  std::string ca_file = {};
  // File with one line "user:password" (RFC 7617) that others may not read; empty: none.
  std::string credentials_file = {};
};

struct CurlOptions {
  // PEM file with the authorities that may sign the server; empty: the system's. It is read once.
  std::string ca_file = {};
  // Plain http is refused unless this is set.
  bool allow_http = false;
  // DNS may name loopback addresses.
  bool allow_loopback = false;
  // At most four keys, of which the server has one: "sha256//" and the Base64 of SHA-256 over the
  // SubjectPublicKeyInfo (RFC 7469, 2.4). Without ca_file the key is all that is asked of the
  // certificate beside its host name.
  std::vector<std::string> pins = {};
  // PEM files that say who we are: certificate with its chain, and its key, not encrypted, in a
  // file that others may not read. Both or none.
  std::string client_cert_file = {};
  std::string client_key_file = {};
  ProxyOptions proxy = {};
  // The wall clock; empty: absl::Now. Certificates are judged by base/http_clock.h.
  std::function<absl::Time()> wall_clock = {};
  // A server that sends less than 32 bytes/s for so long is given up. Whole seconds.
  absl::Duration stall_limit = absl::Seconds(10);
  // Reads the answers, and outlives the transport. Null: one of its own, with one thread.
  IoLoop* loop = nullptr;
};

// HTTP/1.1, and HTTP/2 where a TLS server offers it, over libcurl: no redirects, no cookie store,
// nothing from the environment; TLS 1.2 with AEAD and forward secrecy or TLS 1.3, each connection
// with a full handshake. Addresses that DNS gives pass base/address_filter.h. Keeps one connection
// for each request that runs at the same time and uses it again. Reads and checks every file first:
// errors name the file, and what to do.
absl::StatusOr<std::unique_ptr<HttpTransport>> CreateCurlTransport(const CurlOptions& options);

// The parts of an http or https URL that matter here.
struct HttpUrl {
  std::string scheme;  // "http" or "https"
  std::string host;    // an IPv6 address in brackets
  std::string port;    // always given: 443 or 80 when the text leaves it out
};

// InvalidArgument for another scheme, a missing host, a user, a query or a fragment.
absl::StatusOr<HttpUrl> ParseHttpUrl(const std::string& text);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_CURL_H_
