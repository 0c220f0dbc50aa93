// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_CURL_CONNECTION_H_
#define ATTESTD_BASE_HTTP_CURL_CONNECTION_H_

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

#include "base/address_filter.h"
#include "base/handle.h"
#include "base/http.h"
#include "base/http_clock.h"
#include "base/http_curl_settings.h"
#include "base/reply_head.h"
#include "base/tls_verifier.h"

// Inside the transport only.
namespace attestd::base {

// One libcurl handle with its kept connection. Settings and clock must outlive it. One call at a
// time; after a call that failed it is not used again.
class CurlConnection {
 public:
  static absl::StatusOr<std::unique_ptr<CurlConnection>> Create(const CurlSettings& settings,
                                                                HttpClock& clock);
  CurlConnection(const CurlConnection&) = delete;
  CurlConnection& operator=(const CurlConnection&) = delete;
  ~CurlConnection();

  // See HttpTransport.
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request);

 private:
  // What the callbacks fill while one request runs.
  struct Transfer {
    const HttpRequest* request = nullptr;
    ReplyHead head;
    std::string body;
    absl::Status refused;                                    // why a callback ended it
    AddressClass refused_address = AddressClass::kOrdinary;  // the newest
    int refused_addresses = 0;
  };

  CurlConnection(const CurlSettings& settings, HttpClock& clock);
  // Options that hold for every request: http_curl_configure.cc.
  absl::Status Configure();
  bool ConfigureCallbacks();
  bool ConfigureTls();
  bool ConfigureProxy();
  absl::Status Prepare(const HttpRequest& request, curl_slist* headers);
  // Runs the request to its end, its deadline or its stop.
  absl::Status Run(const HttpRequest& request);
  // What libcurl's code means, by the step that failed: http_curl_error.cc.
  absl::Status ErrorOf(CURLcode code) const;
  absl::Status TlsError(CURLcode code) const;
  absl::Status ConnectError(CURLcode code) const;
  absl::Status ReplyError(CURLcode code) const;
  bool AtProxy() const;
  HttpResponse TakeResponse();

  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static CURLcode OnTlsContext(CURL* curl, void* context, void* self);

  const CurlSettings& settings_;
  HttpClock& clock_;
  TlsVerifier verifier_;
  Transfer transfer_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  curl_slist authorization_{};  // points into the settings' secret
  Handle<CURLM, curl_multi_cleanup> multi_;
  Handle<CURL, curl_easy_cleanup> easy_;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_CURL_CONNECTION_H_
