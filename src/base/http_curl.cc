// SPDX-License-Identifier: Apache-2.0
#include "base/http_curl.h"

#include <absl/base/thread_annotations.h>
#include <absl/strings/match.h>
#include <absl/synchronization/mutex.h>
#include <curl/curl.h>

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/handle.h"

namespace attestd::base {
namespace {

constexpr size_t kMaxHeaderBytes = 16384;
constexpr size_t kMaxCaBytes = size_t{4} << 20;
constexpr long kConnectTimeoutMs = 5000;

using EasyHandle = Handle<CURL, curl_easy_cleanup>;
using HeaderList = Handle<curl_slist, curl_slist_free_all>;

// What the callbacks fill while one transfer runs.
struct Transfer {
  HttpResponse response;
  size_t max_reply = 0;
  size_t header_bytes = 0;
  bool too_large = false;
};

size_t OnBody(char* data, size_t size, size_t count, void* context) {
  auto* transfer = static_cast<Transfer*>(context);
  const size_t length = size * count;
  if (length > transfer->max_reply - transfer->response.body.size()) {
    transfer->too_large = true;
    return 0;
  }
  transfer->response.body.append(data, length);
  return length;
}

size_t OnHeader(char* data, size_t size, size_t count, void* context) {
  auto* transfer = static_cast<Transfer*>(context);
  const std::string_view line(data, size * count);
  transfer->header_bytes += line.size();
  if (transfer->header_bytes > kMaxHeaderBytes) {
    transfer->too_large = true;
    return 0;
  }
  if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(" \t")));
    value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
    transfer->response.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  }
  return line.size();
}

absl::Status ToStatus(CURLcode code, const Transfer& transfer) {
  const std::string text = curl_easy_strerror(code);
  if (transfer.too_large) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, Reason::kReplyRejected,
                      "the reply is over the size limit");
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return MakeStatus(absl::StatusCode::kDeadlineExceeded, Reason::kDeadline, text);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUntrusted, text);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return MakeStatus(absl::StatusCode::kInvalidArgument, text);
    default:
      return MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUnreachable, text);
  }
}

class CurlTransport : public HttpTransport {
 public:
  explicit CurlTransport(CurlOptions options) : options_(std::move(options)) {}

  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    const absl::Duration left = request.deadline.Remaining();
    if (left <= absl::ZeroDuration()) {
      return MakeStatus(absl::StatusCode::kDeadlineExceeded, Reason::kDeadline,
                        "no time left before the request was sent");
    }
    ASSIGN_OR_RETURN(EasyHandle handle, TakeHandle());
    absl::StatusOr<HttpResponse> response = Perform(handle.get(), request, left);
    if (response.ok()) {
      ReturnHandle(std::move(handle));
    }
    return response;
  }

 private:
  absl::StatusOr<EasyHandle> TakeHandle() {
    {
      const absl::MutexLock lock(&mutex_);
      if (!idle_.empty()) {
        EasyHandle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    EasyHandle handle(curl_easy_init());
    if (handle == nullptr) {
      return MakeStatus(absl::StatusCode::kResourceExhausted, "curl_easy_init failed");
    }
    RETURN_IF_ERROR(Configure(handle.get()));
    return handle;
  }

  void ReturnHandle(EasyHandle handle) {
    const absl::MutexLock lock(&mutex_);
    idle_.push_back(std::move(handle));
  }

  // Options that hold for every request of this handle.
  absl::Status Configure(CURL* curl) const {
    const char* protocols = options_.allow_http ? "http,https" : "https";
    bool ok = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_NETRC, long{CURL_NETRC_IGNORED}) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs) == CURLE_OK;
    ok =
        ok && curl_easy_setopt(curl, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2}) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader) == CURLE_OK;
    if (ok && !options_.ca_file.empty()) {
      ok = curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str()) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr) == CURLE_OK;
    }
    return ok ? absl::OkStatus()
              : MakeStatus(absl::StatusCode::kInternal, "libcurl refused an option");
  }

  static absl::StatusOr<HttpResponse> Perform(CURL* curl, const HttpRequest& request,
                                              absl::Duration left) {
    Transfer transfer{.response = {}, .max_reply = request.max_reply};
    HeaderList headers;
    for (const HttpHeader& header : request.headers) {
      const std::string line = header.name + ": " + header.value;
      headers.reset(curl_slist_append(headers.release(), line.c_str()));
    }
    // "Expect: 100-continue" would cost a round trip.
    headers.reset(curl_slist_append(headers.release(), "Expect:"));
    const auto timeout = std::max<int64_t>(1, absl::ToInt64Milliseconds(left));
    const bool post = request.method == HttpRequest::Method::kPost;
    bool ok = curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str()) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get()) == CURLE_OK;
    ok =
        ok && curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                               static_cast<long>(std::min<int64_t>(timeout, 1L << 30))) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, post ? CURLOPT_POST : CURLOPT_HTTPGET, 1L) == CURLE_OK;
    if (ok && post) {
      ok = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                            static_cast<curl_off_t>(request.body.size())) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data()) == CURLE_OK;
    }
    if (!ok) {
      return MakeStatus(absl::StatusCode::kInternal, "libcurl refused an option");
    }
    if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK) {
      return ToStatus(code, transfer);
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    return std::move(transfer.response);
  }

  const CurlOptions options_;
  absl::Mutex mutex_;
  std::vector<EasyHandle> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<HttpUrl> ParseHttpUrl(const std::string& text) {
  const Handle<CURLU, curl_url_cleanup> url(curl_url());
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "is not a URL: https://host[:port]");
  }
  const auto part = [&url](CURLUPart which) {
    char* value = nullptr;
    curl_url_get(url.get(), which, &value, CURLU_DEFAULT_PORT);
    const Handle<char, curl_free> owned(value);
    return std::string(value != nullptr ? value : "");
  };
  const HttpUrl parsed{
      .scheme = part(CURLUPART_SCHEME), .host = part(CURLUPART_HOST), .port = part(CURLUPART_PORT)};
  if ((parsed.scheme != "http" && parsed.scheme != "https") || parsed.host.empty()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "is not an http or https URL");
  }
  if (!part(CURLUPART_USER).empty() || !part(CURLUPART_QUERY).empty() ||
      !part(CURLUPART_FRAGMENT).empty()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "has a user, a query or a fragment");
  }
  return parsed;
}

absl::StatusOr<std::unique_ptr<HttpTransport>> CreateCurlTransport(const CurlOptions& options) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return MakeStatus(absl::StatusCode::kInternal, "curl_global_init failed");
  }
  if (!options.ca_file.empty()) {
    ASSIGN_OR_RETURN(const std::string pem, ReadFile(options.ca_file, kMaxCaBytes));
    if (!absl::StrContains(pem, "-----BEGIN CERTIFICATE-----")) {
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        options.ca_file + ": holds no PEM certificate");
    }
  }
  return std::make_unique<CurlTransport>(options);
}

}  // namespace attestd::base
