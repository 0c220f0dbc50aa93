// SPDX-License-Identifier: Apache-2.0
#include "base/http_curl.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <strings.h>

#include <algorithm>
#include <utility>

#include "base/http_curl_connection.h"
#include "base/http_curl_settings.h"
#include "base/http_curl_url.h"

namespace attestd::base {
namespace {

// Connections kept for later; more may run.
constexpr size_t kMaxIdle = 64;

bool HasScheme(const std::string& url, std::string_view scheme) {
  return url.size() >= scheme.size() &&
         ::strncasecmp(url.data(), scheme.data(), scheme.size()) == 0;
}

bool HasControls(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

absl::Status CheckRequest(const HttpRequest& request, bool allow_http) {
  if (!HasScheme(request.url, "https://") && !(allow_http && HasScheme(request.url, "http://"))) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "the URL is not https; plain http has to be allowed");
  }
  bool controls = HasControls(request.url);
  for (const HttpHeader& header : request.headers) {
    controls = controls || HasControls(header.name) || HasControls(header.value);
  }
  if (controls) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "the URL or a header has a control character");
  }
  if (request.deadline.Expired()) {
    return MakeStatus(absl::StatusCode::kDeadlineExceeded, Reason::kDeadline,
                      "no time left before the request was sent");
  }
  if (request.stop.stop_requested()) {
    return MakeStatus(absl::StatusCode::kCancelled, "given up before the request was sent");
  }
  return absl::OkStatus();
}

class CurlTransport : public HttpTransport {
 public:
  // `own` may be null.
  CurlTransport(std::unique_ptr<IoLoop> own, std::shared_ptr<CurlShared> shared)
      : own_loop_(std::move(own)), shared_(std::move(shared)) {}

  void Start(HttpRequest request, Done done) override {
    if (absl::Status status = CheckRequest(request, shared_->settings.allow_http); !status.ok()) {
      done(std::move(status));
      return;
    }
    absl::StatusOr<std::shared_ptr<CurlConnection>> taken = Take();
    if (!taken.ok()) {
      done(taken.status());
      return;
    }
    const std::shared_ptr<CurlConnection>& connection = *taken;
    std::string url = request.url;
    // Whoever is told may end the transport, so that the connection goes back first.
    connection->Start(std::move(request),
                      [this, connection, url = std::move(url),
                       done = std::move(done)](absl::StatusOr<HttpResponse> response) {
                        if (response.ok()) {
                          Return(connection);
                          done(std::move(response));
                          return;
                        }
                        const HttpUrl parts = SplitUrl(url);
                        done(Annotate(response.status(), parts.host + ":" + parts.port));
                      });
  }

 private:
  absl::StatusOr<std::shared_ptr<CurlConnection>> Take() {
    {
      const absl::MutexLock lock(&mutex_);
      if (!idle_.empty()) {
        std::shared_ptr<CurlConnection> connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    return CurlConnection::Create(shared_);
  }

  void Return(std::shared_ptr<CurlConnection> connection) {
    const absl::MutexLock lock(&mutex_);
    if (idle_.size() < kMaxIdle) {
      idle_.push_back(std::move(connection));
    }
  }

  const std::unique_ptr<IoLoop> own_loop_;  // ends after the connections
  const std::shared_ptr<CurlShared> shared_;
  absl::Mutex mutex_;
  std::vector<std::shared_ptr<CurlConnection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpTransport>> CreateCurlTransport(const CurlOptions& options) {
  // Before libcurl would: no openssl.cnf and no OPENSSL_CONF.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return MakeStatus(absl::StatusCode::kInternal, "curl_global_init failed");
  }
  ASSIGN_OR_RETURN(CurlSettings settings, LoadCurlSettings(options));
  std::unique_ptr<IoLoop> own;
  if (options.loop == nullptr) {
    ASSIGN_OR_RETURN(own, IoLoop::Create(1));
  }
  IoLoop& loop = own != nullptr ? *own : *options.loop;
  auto shared = std::make_shared<CurlShared>(std::move(settings), options.wall_clock, loop);
  return std::make_unique<CurlTransport>(std::move(own), std::move(shared));
}

}  // namespace attestd::base
