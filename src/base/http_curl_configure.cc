// SPDX-License-Identifier: Apache-2.0
#include "base/http_curl_connection.h"

namespace attestd::base {
namespace {

constexpr long kConnectTimeoutMs = 5000;
constexpr long kStallBytesPerSecond = 32;

// The bytes are used in place: settings outlive the handle.
bool SetBlob(CURL* curl, CURLoption option, ByteView bytes) {
  curl_blob blob = {
      .data = const_cast<uint8_t*>(bytes.data()), .len = bytes.size(), .flags = CURL_BLOB_NOCOPY};
  return curl_easy_setopt(curl, option, &blob) == CURLE_OK;
}

bool SetText(CURL* curl, CURLoption option, const char* text) {
  return curl_easy_setopt(curl, option, text) == CURLE_OK;
}

bool SetLong(CURL* curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value) == CURLE_OK;
}

}  // namespace

absl::Status CurlConnection::Configure() {
  CURL* const curl = easy_.get();
  bool ok = SetText(curl, CURLOPT_PROTOCOLS_STR, settings_.allow_http ? "http,https" : "https");
  ok = ok && SetLong(curl, CURLOPT_FOLLOWLOCATION, 0);
  ok = ok && SetLong(curl, CURLOPT_NETRC, CURL_NETRC_IGNORED);
  ok = ok && SetLong(curl, CURLOPT_HTTP09_ALLOWED, 0);
  ok = ok && SetLong(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
  ok = ok && SetLong(curl, CURLOPT_NOSIGNAL, 1);
  ok = ok && SetLong(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  ok = ok && SetLong(curl, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  ok = ok && SetLong(curl, CURLOPT_LOW_SPEED_TIME, settings_.stall_seconds);
  // The resolver's thread is left to end by itself; it would be waited for otherwise.
  ok = ok && SetLong(curl, CURLOPT_QUICK_EXIT, 1);
  return ok && ConfigureCallbacks() && ConfigureTls() && ConfigureProxy()
             ? absl::OkStatus()
             : MakeStatus(absl::StatusCode::kInternal, "libcurl refused an option");
}

bool CurlConnection::ConfigureCallbacks() {
  CURL* const curl = easy_.get();
  bool ok = SetText(curl, CURLOPT_ERRORBUFFER, error_text_.data());
  ok = ok && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, CURLOPT_WRITEDATA, this) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, CURLOPT_HEADERDATA, this) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, OnOpenSocket) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this) == CURLE_OK;
  CURLM* const multi = multi_.get();
  ok = ok && curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, OnSocket) == CURLM_OK;
  ok = ok && curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this) == CURLM_OK;
  ok = ok && curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, OnTimer) == CURLM_OK;
  return ok && curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this) == CURLM_OK;
}

bool CurlConnection::ConfigureTls() {
  CURL* const curl = easy_.get();
  bool ok = SetLong(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  // With pins alone libcurl asks for a certificate and TlsVerifier judges it.
  ok = ok && SetLong(curl, CURLOPT_SSL_VERIFYPEER, 1);
  ok = ok && SetLong(curl, CURLOPT_SSL_VERIFYHOST, 2);
  ok = ok && SetLong(curl, CURLOPT_SSL_SESSIONID_CACHE, 0);
  ok = ok && curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, OnTlsContext) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, this) == CURLE_OK;
  if (!settings_.ca_pem.empty() || !settings_.asks_chain()) {
    ok = ok && SetText(curl, CURLOPT_CAINFO, nullptr) && SetText(curl, CURLOPT_CAPATH, nullptr);
  }
  if (!settings_.ca_pem.empty()) {
    ok = ok && SetBlob(curl, CURLOPT_CAINFO_BLOB, AsBytes(settings_.ca_pem));
  }
  if (!settings_.identity.certificates.empty()) {
    ok = ok && SetBlob(curl, CURLOPT_SSLCERT_BLOB, AsBytes(settings_.identity.certificates));
    ok = ok && SetBlob(curl, CURLOPT_SSLKEY_BLOB, settings_.identity.key.view());
  }
  return ok;
}

bool CurlConnection::ConfigureProxy() {
  CURL* const curl = easy_.get();
  const ProxySettings& proxy = settings_.proxy;
  // Set also when empty: libcurl would look into the environment for what is not.
  bool ok = SetText(curl, CURLOPT_PROXY, proxy.url.c_str()) && SetText(curl, CURLOPT_NOPROXY, "");
  if (!ok || proxy.url.empty()) {
    return ok;
  }
  ok = SetLong(curl, CURLOPT_HTTPPROXYTUNNEL, 1);
  ok = ok && SetLong(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
  ok = ok && SetLong(curl, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);
  ok = ok && SetLong(curl, CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  ok = ok && SetLong(curl, CURLOPT_PROXY_SSL_VERIFYPEER, 1);
  ok = ok && SetLong(curl, CURLOPT_PROXY_SSL_VERIFYHOST, 2);
  if (!proxy.ca_pem.empty()) {
    ok = ok && SetText(curl, CURLOPT_PROXY_CAINFO, nullptr);
    ok = ok && SetText(curl, CURLOPT_PROXY_CAPATH, nullptr);
    ok = ok && SetBlob(curl, CURLOPT_PROXY_CAINFO_BLOB, AsBytes(proxy.ca_pem));
  }
  if (proxy.authorization.size() > 0) {
    authorization_.data = const_cast<char*>(AsText(proxy.authorization.view()).data());
    ok = ok && curl_easy_setopt(curl, CURLOPT_PROXYHEADER, &authorization_) == CURLE_OK;
  }
  return ok;
}

}  // namespace attestd::base
