// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/match.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/http_curl_connection.h"

namespace attestd::base {
namespace {

// OpenSSL's constant texts, as libcurl quotes them, and what we say instead.
constexpr std::array<std::pair<const char*, std::string_view>, 7> kHandshakeTexts = {{
    {"alert unknown ca", "the peer does not know the authority of our client certificate"},
    {"alert bad certificate", "the peer refuses our client certificate"},
    {"unsupported protocol", "the peer offers no TLS 1.2 or later"},
    {"protocol version", "the peer offers no TLS 1.2 or later"},
    {"wrong version number", "the peer does not speak TLS on this port"},
    {"no shared cipher", "the peer offers no cipher suite with AEAD and forward secrecy"},
    {"handshake failure", "the peer accepts none of our cipher suites (AEAD, forward secrecy)"},
}};

absl::Status Unreachable(const std::string& message) {
  return MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUnreachable, message);
}

absl::Status Untrusted(const std::string& message) {
  return MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUntrusted, message);
}

long Info(CURL* curl, CURLINFO which) {
  long value = 0;
  curl_easy_getinfo(curl, which, &value);
  return value;
}

std::string ConnectAnswer(long status) {
  std::string text = "proxy: it answered CONNECT with HTTP " + std::to_string(status);
  if (status == 407) {
    text += "; it asks for other credentials: set credentials_file";
  } else if (status == 403) {
    text += "; its rules forbid this host or port";
  }
  return text;
}

}  // namespace

bool CurlConnection::AtProxy() const {
  return !settings_.proxy.url.empty() && Info(easy_.get(), CURLINFO_HTTP_CONNECTCODE) / 100 != 2;
}

absl::Status CurlConnection::TlsError(CURLcode code) const {
  const std::string step = AtProxy() ? "TLS with the proxy: " : "TLS: ";
  if (!verifier_.refusal().empty()) {
    return Untrusted(step + verifier_.refusal());
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    return Untrusted(step + "the certificate is for another host than the URL names");
  }
  if (verifier_.asked_for_identity() == TlsVerifier::Asked::kNoneToShow) {
    return Untrusted(step + "the peer asks for a client certificate; set client_cert_file");
  }
  const absl::string_view found(error_text_.data());
  for (const auto& [theirs, ours] : kHandshakeTexts) {
    if (absl::StrContains(found, theirs)) {
      return Untrusted(step + std::string(ours));
    }
  }
  if (verifier_.asked_for_identity() == TlsVerifier::Asked::kShown &&
      code != CURLE_SSL_CONNECT_ERROR) {
    return Untrusted(
        step +
        "the connection ended when our client certificate was shown; the peer may refuse it");
  }
  // libcurl's words where no word of OpenSSL explains the end, and OpenSSL's own.
  for (const char* lost :
       {"Send failure", "Recv failure", "getpeername()", " in connection to ", "unexpected eof"}) {
    if (absl::StrContains(found, lost)) {
      return Unreachable(step + "the connection ended during the handshake");
    }
  }
  return Untrusted(step + "the handshake failed");
}

absl::Status CurlConnection::ConnectError(CURLcode code) const {
  const std::string step = AtProxy() ? "proxy: " : "";
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY) {
    return Unreachable(step + "DNS: the name does not resolve");
  }
  if (transfer_.refused_addresses > 0) {
    return Unreachable(step + "connect: DNS gave a " +
                       std::string(AddressClassName(transfer_.refused_address)) +
                       " address, which is not allowed");
  }
  return Unreachable(step + (code == CURLE_OPERATION_TIMEDOUT
                                 ? "connect: no connection within 5 s"
                                 : "connect: refused, or there is no route"));
}

absl::Status CurlConnection::ReplyError(CURLcode code) const {
  const std::string step = AtProxy() ? "proxy: reply: " : "reply: ";
  switch (code) {
    // The URL's own scheme was looked at before: this is a reply without an HTTP head.
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return MakeStatus(absl::StatusCode::kInternal, Reason::kReplyRejected,
                        step + "it is not HTTP as it should be");
    // A line of the head over libcurl's own limit (lib/headers.c, lib/http.c).
    case CURLE_OUT_OF_MEMORY:
      return MakeStatus(absl::StatusCode::kResourceExhausted, Reason::kReplyRejected,
                        step + "a header is over the size limit, or memory is short");
    case CURLE_OPERATION_TIMEDOUT:
      return Unreachable(step + "less than 32 bytes/s for " +
                         std::to_string(settings_.stall_seconds) + " s");
    case CURLE_OK:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return Unreachable(step + "the connection ended early");
    default:
      return Unreachable(step + curl_easy_strerror(code));
  }
}

// A TLS 1.3 server refuses a client's certificate after the handshake, by an alert and the end of
// the connection; the end may be met first, by who writes its request.
bool CurlConnection::EndedAfterHandshake() const {
  curl_off_t first_byte = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
  return first_byte == 0 && (verifier_.asked_for_identity() != TlsVerifier::Asked::kNo ||
                             absl::StrContains(error_text_.data(), "alert"));
}

absl::Status CurlConnection::ErrorOf(CURLcode code) const {
  if (!transfer_.refused.ok()) {
    return transfer_.refused;
  }
  const long connect_answer = Info(easy_.get(), CURLINFO_HTTP_CONNECTCODE);
  if (code != CURLE_OK && AtProxy() && connect_answer != 0) {
    return Unreachable(ConnectAnswer(connect_answer));
  }
  switch (code) {
    case CURLE_OK:
      return transfer_.head.complete() ? absl::OkStatus() : ReplyError(code);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return ConnectError(code);
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t sent = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &sent);
      return sent == 0 ? ConnectError(code) : ReplyError(code);
    }
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
      return TlsError(code);
    case CURLE_URL_MALFORMAT:
      return MakeStatus(absl::StatusCode::kInvalidArgument, "the URL is malformed");
    default:
      return EndedAfterHandshake() ? TlsError(code) : ReplyError(code);
  }
}

}  // namespace attestd::base
