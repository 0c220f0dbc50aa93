// SPDX-License-Identifier: Apache-2.0
#include "base/http_curl_connection.h"

#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/http_curl_url.h"
#include "base/http_date.h"

namespace attestd::base {
namespace {

// Longest wait between two looks at the deadline: libcurl's clock does not count suspend.
constexpr absl::Duration kLongestWait = absl::Seconds(1);

// libcurl takes milliseconds for each; a name with more of them has nothing better behind.
constexpr int kMaxRefusedAddresses = 16;

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

absl::Status OutOfTime() {
  return MakeStatus(absl::StatusCode::kDeadlineExceeded, Reason::kDeadline,
                    "no whole reply before the deadline");
}

}  // namespace

CurlConnection::CurlConnection(const CurlSettings& settings, HttpClock& clock)
    : settings_(settings),
      clock_(clock),
      verifier_(clock, {.asks_chain = settings.asks_chain(), .pins = settings.pins},
                settings.proxy.tls),
      multi_(curl_multi_init()),
      easy_(curl_easy_init()) {}

CurlConnection::~CurlConnection() = default;

absl::StatusOr<std::unique_ptr<CurlConnection>> CurlConnection::Create(const CurlSettings& settings,
                                                                       HttpClock& clock) {
  std::unique_ptr<CurlConnection> connection(new CurlConnection(settings, clock));
  if (connection->multi_ == nullptr || connection->easy_ == nullptr) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, "libcurl has no memory for a handle");
  }
  RETURN_IF_ERROR(connection->Configure());
  return connection;
}

absl::StatusOr<HttpResponse> CurlConnection::Send(const HttpRequest& request) {
  transfer_ = Transfer();
  transfer_.request = &request;
  verifier_.Restart();
  const HeaderList headers = MakeHeaders(request);
  RETURN_IF_ERROR(Prepare(request, headers.get()));
  if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) {
    return MakeStatus(absl::StatusCode::kInternal, "libcurl refused a request");
  }
  const absl::Status status = Run(request);
  curl_multi_remove_handle(multi_.get(), easy_.get());
  if (!status.ok()) {
    return status;
  }
  return TakeResponse();
}

absl::Status CurlConnection::Prepare(const HttpRequest& request, curl_slist* headers) {
  CURL* const curl = easy_.get();
  const bool post = request.method == HttpRequest::Method::kPost;
  bool ok = curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str()) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
  ok = ok && curl_easy_setopt(curl, post ? CURLOPT_POST : CURLOPT_HTTPGET, 1L) == CURLE_OK;
  if (ok && post) {
    ok = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                          static_cast<curl_off_t>(request.body.size())) == CURLE_OK &&
         curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data()) == CURLE_OK;
  }
  return ok ? absl::OkStatus()
            : MakeStatus(absl::StatusCode::kInternal, "libcurl refused an option");
}

absl::Status CurlConnection::Run(const HttpRequest& request) {
  int refused = 0;
  const std::stop_callback wake(request.stop, [this] { curl_multi_wakeup(multi_.get()); });
  while (true) {
    int running = 0;
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) {
      return MakeStatus(absl::StatusCode::kInternal, "libcurl cannot go on");
    }
    int left = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left); message != nullptr) {
      return ErrorOf(message->data.result);
    }
    if (transfer_.refused_addresses > kMaxRefusedAddresses) {
      return ErrorOf(CURLE_COULDNT_CONNECT);
    }
    const absl::Duration remaining = request.deadline.Remaining();
    if (request.stop.stop_requested()) {
      return MakeStatus(absl::StatusCode::kCancelled, "the caller gave the request up");
    }
    if (remaining <= absl::ZeroDuration()) {
      return OutOfTime();
    }
    // libcurl tries the next address when it is next called, and nothing would wake it.
    const bool tries_next = transfer_.refused_addresses != refused;
    refused = transfer_.refused_addresses;
    const absl::Duration wait =
        tries_next ? absl::ZeroDuration() : std::min(remaining, kLongestWait);
    const auto wait_ms = absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1)));
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait_ms), nullptr);
  }
}

HttpResponse CurlConnection::TakeResponse() {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  HttpResponse response{.status = static_cast<int>(status),
                        .headers = transfer_.head.TakeHeaders(),
                        .body = std::move(transfer_.body)};
  // Over plain http anyone may have written the date.
  if (::strncasecmp(transfer_.request->url.c_str(), "https:", 6) == 0) {
    const std::vector<std::string> dates = response.Values("Date");
    const auto date = dates.size() == 1 ? ParseHttpDate(dates[0]) : std::nullopt;
    if (date.has_value()) {
      clock_.Observe(*date);
    }
  }
  return response;
}

size_t CurlConnection::OnBody(char* data, size_t size, size_t count, void* self) {
  Transfer& transfer = static_cast<CurlConnection*>(self)->transfer_;
  const size_t length = size * count;
  if (length >
      transfer.request->max_reply - std::min(transfer.body.size(), transfer.request->max_reply)) {
    transfer.refused = MakeStatus(absl::StatusCode::kResourceExhausted, Reason::kReplyRejected,
                                  "the reply is over the size limit");
    return 0;
  }
  // Twice as much each time, but no more than it may ever be.
  if (transfer.body.capacity() - transfer.body.size() < length) {
    transfer.body.reserve(
        std::min(transfer.request->max_reply,
                 std::max(transfer.body.size() * 2, transfer.body.size() + length)));
  }
  transfer.body.append(data, length);
  return length;
}

size_t CurlConnection::OnHeader(char* data, size_t size, size_t count, void* self) {
  Transfer& transfer = static_cast<CurlConnection*>(self)->transfer_;
  transfer.refused = transfer.head.AddLine({data, size * count});
  return transfer.refused.ok() ? size * count : 0;
}

curl_socket_t CurlConnection::OnOpenSocket(void* self, curlsocktype /*purpose*/,
                                           curl_sockaddr* address) {
  auto& connection = *static_cast<CurlConnection*>(self);
  connection.verifier_.Restart();
  const ProxySettings& proxy = connection.settings_.proxy;
  const std::string host =
      proxy.url.empty() ? SplitUrl(connection.transfer_.request->url).host : proxy.host;
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
