// SPDX-License-Identifier: Apache-2.0
#include "base/http_curl_connection.h"

#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/guarded.h"
#include "base/http_curl_url.h"
#include "base/http_date.h"

namespace attestd::base {
namespace {

using HeaderList = Handle<curl_slist, curl_slist_free_all>;

// The bytes of an address; none for a family other than IPv4 and IPv6.
ByteView AddressBytes(const curl_sockaddr& address) {
  if (address.family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.addr);
    return {reinterpret_cast<const uint8_t*>(&v4->sin_addr), sizeof v4->sin_addr};
  }
  if (address.family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.addr);
    return {reinterpret_cast<const uint8_t*>(&v6->sin6_addr), sizeof v6->sin6_addr};
  }
  return {};
}

HeaderList MakeHeaders(const HttpRequest& request) {
  HeaderList headers;
  for (const HttpHeader& header : request.headers) {
    const std::string line = header.name + ": " + header.value;
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
  }
  // "Expect: 100-continue" would cost a round trip.
  headers.reset(curl_slist_append(headers.release(), "Expect:"));
  return headers;
}

// A reply's next piece.
absl::Status Append(std::string& body, std::string_view piece, size_t limit) {
  if (piece.size() > limit - std::min(body.size(), limit)) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, Reason::kReplyRejected,
                      "the reply is over the size limit");
  }
  return Guarded([&] {
    // Twice as much each time, but no more than it may ever be.
    if (body.capacity() - body.size() < piece.size()) {
      body.reserve(std::min(limit, std::max(body.size() * 2, body.size() + piece.size())));
    }
    body.append(piece);
    return absl::OkStatus();
  });
}

absl::Status AddLine(ReplyHead& head, std::string_view line) {
  return Guarded([&] { return head.AddLine(line); });
}

}  // namespace

CurlConnection::CurlConnection(std::shared_ptr<CurlShared> shared)
    : shared_(std::move(shared)),
      settings_(shared_->settings),
      verifier_(shared_->clock, {.asks_chain = settings_.asks_chain(), .pins = settings_.pins},
                settings_.proxy.tls),
      timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      multi_(curl_multi_init()),
      easy_(curl_easy_init()) {}

CurlConnection::~CurlConnection() { shared_->loop.Remove(id_); }

absl::StatusOr<std::shared_ptr<CurlConnection>> CurlConnection::Create(
    std::shared_ptr<CurlShared> shared) {
  std::shared_ptr<CurlConnection> connection(new CurlConnection(std::move(shared)));
  if (!connection->timer_.valid()) {
    return ErrnoStatus(errno, "timerfd_create");
  }
  if (connection->multi_ == nullptr || connection->easy_ == nullptr) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, "libcurl has no memory for a handle");
  }
  RETURN_IF_ERROR(connection->Configure());
  RETURN_IF_ERROR(connection->Watch());
  return connection;
}

void CurlConnection::Start(HttpRequest request, HttpTransport::Done done) {
  Outcome outcome;
  {
    const absl::MutexLock lock(&mutex_);
    std::optional<absl::Status> status = Begin(std::move(request), std::move(done));
    if (status->ok()) {
      status = Advance(CURL_SOCKET_TIMEOUT, 0);
    }
    if (!status.has_value()) {
      return;
    }
    outcome = End(*status);
  }
  outcome.done(std::move(outcome.response));
}

absl::Status CurlConnection::Begin(HttpRequest request, HttpTransport::Done done) {
  transfer_ = Transfer();
  transfer_.request = std::move(request);
  transfer_.done = std::move(done);
  transfer_.headers = MakeHeaders(transfer_.request);
  verifier_.Restart();
  RETURN_IF_ERROR(Prepare());
  if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) {
    return MakeStatus(absl::StatusCode::kInternal, "libcurl refused a request");
  }
  on_stop_.emplace(transfer_.request.stop, [this] { Wake(); });
  return absl::OkStatus();
}

absl::Status CurlConnection::Prepare() {
  CURL* const curl = easy_.get();
  const HttpRequest& request = transfer_.request;
  const bool post = request.method == HttpRequest::Method::kPost;
  bool ok = curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str()) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer_.headers.get()) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, post ? CURLOPT_POST : CURLOPT_HTTPGET, 1L) == CURLE_OK;
  if (ok && post) {
    ok = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                          static_cast<curl_off_t>(request.body.size())) == CURLE_OK &&
         curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data()) == CURLE_OK;
  }
  return ok ? absl::OkStatus()
            : MakeStatus(absl::StatusCode::kInternal, "libcurl refused an option");
}

CurlConnection::Outcome CurlConnection::End(const absl::Status& status) {
  on_stop_.reset();
  curl_multi_remove_handle(multi_.get(), easy_.get());
  curl_due_ = Deadline::Infinite();
  Outcome outcome{.response = status.ok() ? absl::StatusOr<HttpResponse>(TakeResponse()) : status,
                  .done = std::move(transfer_.done)};
  transfer_ = Transfer();
  if (outcome.response.ok() && !outcome.response->Values("Set-Cookie").empty()) {
    if (const absl::Status renewed = RenewHandle(); !renewed.ok()) {
      outcome.response = renewed;
    }
  }
  return outcome;
}

// The connection is the multi handle's and stays.
absl::Status CurlConnection::RenewHandle() {
  easy_.reset(curl_easy_init());
  if (easy_ == nullptr) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, "libcurl has no memory for a handle");
  }
  return Configure();
}

HttpResponse CurlConnection::TakeResponse() {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  HttpResponse response{.status = static_cast<int>(status),
                        .headers = transfer_.head.TakeHeaders(),
                        .body = std::move(transfer_.body)};
  // Over plain http anyone may have written the date.
  if (::strncasecmp(transfer_.request.url.c_str(), "https:", 6) == 0) {
    const std::vector<std::string> dates = response.Values("Date");
    const auto date = dates.size() == 1 ? ParseHttpDate(dates[0]) : std::nullopt;
    if (date.has_value()) {
      shared_->clock.Observe(*date);
    }
  }
  return response;
}

size_t CurlConnection::OnBody(char* data, size_t size, size_t count, void* self) {
  auto& connection = *static_cast<CurlConnection*>(self);
  connection.mutex_.AssertHeld();
  Transfer& transfer = connection.transfer_;
  const size_t length = size * count;
  transfer.refused = Append(transfer.body, {data, length}, transfer.request.max_reply);
  return transfer.refused.ok() ? length : 0;
}

size_t CurlConnection::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto& connection = *static_cast<CurlConnection*>(self);
  connection.mutex_.AssertHeld();
  Transfer& transfer = connection.transfer_;
  transfer.refused = AddLine(transfer.head, {data, size * count});
  return transfer.refused.ok() ? size * count : 0;
}

curl_socket_t CurlConnection::OnOpenSocket(void* self, curlsocktype /*purpose*/,
                                           curl_sockaddr* address) {
  auto& connection = *static_cast<CurlConnection*>(self);
  connection.mutex_.AssertHeld();
  connection.verifier_.Restart();
  const ProxySettings& proxy = connection.settings_.proxy;
  const std::string host =
      proxy.url.empty() ? SplitUrl(connection.transfer_.request.url).host : proxy.host;
  const ByteView bytes = AddressBytes(*address);
  if (!IsLiteralHost(host) && !IsAllowedAddress(bytes, connection.settings_.allow_loopback)) {
    connection.transfer_.refused_address = ClassifyAddress(bytes);
    ++connection.transfer_.refused_addresses;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode CurlConnection::OnTlsContext(CURL* /*curl*/, void* context, void* self) {
  auto& verifier = static_cast<CurlConnection*>(self)->verifier_;
  return verifier.Configure(static_cast<SSL_CTX*>(context)).ok() ? CURLE_OK
                                                                 : CURLE_ABORTED_BY_CALLBACK;
}

}  // namespace attestd::base
