// SPDX-License-Identifier: Apache-2.0
#include "base/http_curl_settings.h"

#include <openssl/evp.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/certificate.h"
#include "base/encoding.h"
#include "base/file.h"

namespace attestd::base {
namespace {

constexpr size_t kMaxCaBytes = size_t{4} << 20;
constexpr size_t kMaxAuthorities = 1024;
constexpr size_t kMaxPins = 4;
constexpr size_t kSha256Size = 32;
constexpr size_t kMaxCredentials = 1024;
constexpr std::string_view kPinPrefix = "sha256//";
constexpr std::string_view kAuthorization = "Proxy-Authorization: Basic ";

absl::Status Invalid(const std::string& message) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

// The text of a PEM file with certificates; empty for no file.
absl::StatusOr<std::string> ReadAuthorities(const std::string& path) {
  if (path.empty()) {
    return std::string();
  }
  ASSIGN_OR_RETURN(std::string pem, ReadFile(path, kMaxCaBytes));
  if (const auto list = Certificate::ListFromPem(pem, kMaxAuthorities); !list.ok()) {
    return Annotate(list.status(), path);
  }
  return pem;
}

absl::StatusOr<std::vector<Bytes>> ParsePins(const std::vector<std::string>& texts) {
  if (texts.size() > kMaxPins) {
    return Invalid("pins: more than 4");
  }
  std::vector<Bytes> pins;
  for (const std::string& text : texts) {
    const absl::StatusOr<Bytes> digest = text.starts_with(kPinPrefix)
                                             ? Base64Decode(text.substr(kPinPrefix.size()))
                                             : absl::InvalidArgumentError("");
    if (!digest.ok() || digest->size() != kSha256Size) {
      return Invalid("pins: number " + std::to_string(pins.size() + 1) +
                     " is not \"sha256//\" and the Base64 of 32 bytes");
    }
    pins.push_back(*digest);
  }
  return pins;
}

// The header for a line "user:password".
absl::StatusOr<Secret> BasicAuthorization(ByteView line, const std::string& path) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
    line = line.first(line.size() - 1);
  }
  const bool plain = std::ranges::all_of(line, [](uint8_t b) { return b >= ' ' && b != 0x7f; });
  if (!plain || AsText(line).find(':', 1) == std::string_view::npos) {
    return Invalid(path + ": is not one line \"user:password\"");
  }
  const size_t encoded = (line.size() + 2) / 3 * 4;
  ASSIGN_OR_RETURN(Secret header, Secret::Allocate(kAuthorization.size() + encoded + 1));
  std::ranges::copy(AsBytes(kAuthorization), header.writable().begin());
  // Straight into the secret; base/encoding.h would leave a copy. Ends in a zero byte.
  EVP_EncodeBlock(header.writable().data() + kAuthorization.size(), line.data(),
                  static_cast<int>(line.size()));
  return header;
}

absl::StatusOr<ProxySettings> LoadProxy(const ProxyOptions& options) {
  ProxySettings proxy;
  if (options.url.empty()) {
    return options.ca_file.empty() && options.credentials_file.empty()
               ? absl::StatusOr<ProxySettings>(std::move(proxy))
               : Invalid("has a ca_file or a credentials_file, but no url");
  }
  const absl::StatusOr<HttpUrl> url = ParseHttpUrl(options.url);
  if (!url.ok()) {
    return Annotate(url.status(), "url");
  }
  proxy.url = url->scheme + "://" + url->host + ":" + url->port;
  proxy.host = url->host;
  proxy.tls = url->scheme == "https";
  if (!proxy.tls && !options.ca_file.empty()) {
    return Invalid("ca_file: the url is http and shows no certificate; make it https");
  }
  ASSIGN_OR_RETURN(proxy.ca_pem, ReadAuthorities(options.ca_file));
  if (!options.credentials_file.empty()) {
    ASSIGN_OR_RETURN(const Secret line, ReadPrivateFile(options.credentials_file, kMaxCredentials));
    ASSIGN_OR_RETURN(proxy.authorization,
                     BasicAuthorization(line.view(), options.credentials_file));
  }
  return proxy;
}

}  // namespace

absl::StatusOr<CurlSettings> LoadCurlSettings(const CurlOptions& options) {
  CurlSettings settings;
  settings.allow_http = options.allow_http;
  settings.allow_loopback = options.allow_loopback;
  settings.stall_seconds =
      std::max(1L, static_cast<long>(absl::ToInt64Seconds(options.stall_limit)));
  ASSIGN_OR_RETURN(settings.ca_pem, ReadAuthorities(options.ca_file));
  ASSIGN_OR_RETURN(settings.pins, ParsePins(options.pins));
  if (options.client_cert_file.empty() != options.client_key_file.empty()) {
    return Invalid("client_cert_file and client_key_file: one is set; set both or none");
  }
  if (!options.client_cert_file.empty()) {
    ASSIGN_OR_RETURN(settings.identity,
                     ReadClientIdentity(options.client_cert_file, options.client_key_file));
  }
  absl::StatusOr<ProxySettings> proxy = LoadProxy(options.proxy);
  if (!proxy.ok()) {
    return Annotate(proxy.status(), "proxy");
  }
  settings.proxy = *std::move(proxy);
  return settings;
}

}  // namespace attestd::base
