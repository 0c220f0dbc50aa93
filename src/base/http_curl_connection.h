// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_CURL_CONNECTION_H_
#define ATTESTD_BASE_HTTP_CURL_CONNECTION_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <curl/curl.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/address_filter.h"
#include "base/handle.h"
#include "base/http.h"
#include "base/http_clock.h"
#include "base/http_curl_settings.h"
#include "base/io_loop.h"
#include "base/reply_head.h"
#include "base/tls_verifier.h"

// Inside the transport only.
namespace attestd::base {

// What the connections of a transport have in common.
struct CurlShared {
  CurlShared(CurlSettings settings_arg, std::function<absl::Time()> wall_clock, IoLoop& loop_arg)
      : settings(std::move(settings_arg)), clock(std::move(wall_clock)), loop(loop_arg) {}

  const CurlSettings settings;
  HttpClock clock;
  IoLoop& loop;
};

// One libcurl handle with its kept connection. One request at a time; after one that failed it is
// not used again. The request is sent by the thread that starts it; its answer is read by the loop.
class CurlConnection : public IoLoop::Watcher, public std::enable_shared_from_this<CurlConnection> {
 public:
  static absl::StatusOr<std::shared_ptr<CurlConnection>> Create(std::shared_ptr<CurlShared> shared);
  CurlConnection(const CurlConnection&) = delete;
  CurlConnection& operator=(const CurlConnection&) = delete;
  ~CurlConnection() override;

  // See HttpTransport. Lives until `done` is called.
  void Start(HttpRequest request, HttpTransport::Done done);

 private:
  // What the callbacks fill while one request runs.
  struct Transfer {
    HttpRequest request;
    Handle<curl_slist, curl_slist_free_all> headers;
    HttpTransport::Done done;  // empty: no request runs
    ReplyHead head;
    std::string body;
    absl::Status refused;                                    // why a callback ended it
    AddressClass refused_address = AddressClass::kOrdinary;  // the newest
    int refused_addresses = 0;
  };
  // A request's end: what it came to, and whom to tell without the lock.
  struct Outcome {
    absl::StatusOr<HttpResponse> response = absl::UnknownError("");
    HttpTransport::Done done;
  };

  explicit CurlConnection(std::shared_ptr<CurlShared> shared);
  // Options that hold for every request: http_curl_configure.cc.
  absl::Status Configure();
  bool ConfigureCallbacks();
  bool ConfigureTls();
  bool ConfigureProxy();
  absl::Status Begin(HttpRequest request, HttpTransport::Done done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Prepare() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Outcome End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A libcurl handle keeps the last lines of heads that it read (7.88, state.headerb), cookies too.
  absl::Status RenewHandle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  HttpResponse TakeResponse() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // How a request goes on: http_curl_events.cc.
  absl::Status Watch();
  void OnReady(int fd, uint32_t events) override;
  // Lets libcurl act on what a socket or CURL_SOCKET_TIMEOUT reports; what the request came to, if
  // that is known now.
  std::optional<absl::Status> Advance(curl_socket_t socket, int events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Act(curl_socket_t socket, int events) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<absl::Status> GivenUp() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetTimer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wake();
  // What libcurl's code means, by the step that failed: http_curl_error.cc.
  absl::Status ErrorOf(CURLcode code) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool EndedAfterHandshake() const;
  absl::Status TlsError(CURLcode code) const;
  absl::Status ConnectError(CURLcode code) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ReplyError(CURLcode code) const;
  bool AtProxy() const;

  // libcurl calls these from within Advance.
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static CURLcode OnTlsContext(CURL* curl, void* context, void* self);
  static int OnSocket(CURL* curl, curl_socket_t socket, int what, void* self, void* socket_data);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);

  const std::shared_ptr<CurlShared> shared_;
  const CurlSettings& settings_;
  TlsVerifier verifier_;
  IoLoop::Id id_ = 0;
  UniqueFd timer_;  // timerfd on the boot clock
  absl::Mutex mutex_;
  Transfer transfer_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::stop_callback<std::function<void()>>> on_stop_ ABSL_GUARDED_BY(mutex_);
  std::map<curl_socket_t, uint32_t> sockets_ ABSL_GUARDED_BY(mutex_);  // what libcurl waits for
  Deadline curl_due_ ABSL_GUARDED_BY(mutex_) = Deadline::Infinite();   // its next timeout
  Deadline timer_set_ ABSL_GUARDED_BY(mutex_) = Deadline::Infinite();  // what timer_ waits for
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  curl_slist authorization_{};  // points into the settings' secret
  Handle<CURLM, curl_multi_cleanup> multi_;
  Handle<CURL, curl_easy_cleanup> easy_;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_CURL_CONNECTION_H_
