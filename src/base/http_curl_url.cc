// SPDX-License-Identifier: Apache-2.0
#include "base/http_curl_url.h"

#include <curl/curl.h>

#include "base/handle.h"

namespace attestd::base {
namespace {

using UrlHandle = Handle<CURLU, curl_url_cleanup>;

UrlHandle Parsed(const std::string& text) {
  UrlHandle url(curl_url());
  if (url != nullptr && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    url.reset();
  }
  return url;
}

std::string Part(CURLU* url, CURLUPart which) {
  char* value = nullptr;
  curl_url_get(url, which, &value, CURLU_DEFAULT_PORT);
  const Handle<char, curl_free> owned(value);
  return value != nullptr ? value : "";
}

HttpUrl Parts(CURLU* url) {
  return {.scheme = Part(url, CURLUPART_SCHEME),
          .host = Part(url, CURLUPART_HOST),
          .port = Part(url, CURLUPART_PORT)};
}

}  // namespace

HttpUrl SplitUrl(const std::string& text) {
  const UrlHandle url = Parsed(text);
  return url != nullptr ? Parts(url.get()) : HttpUrl();
}

absl::StatusOr<HttpUrl> ParseHttpUrl(const std::string& text) {
  const UrlHandle url = Parsed(text);
  if (url == nullptr) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "is not a URL: https://host[:port]");
  }
  HttpUrl parsed = Parts(url.get());
  if ((parsed.scheme != "http" && parsed.scheme != "https") || parsed.host.empty()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "is not an http or https URL");
  }
  if (!Part(url.get(), CURLUPART_USER).empty() || !Part(url.get(), CURLUPART_QUERY).empty() ||
      !Part(url.get(), CURLUPART_FRAGMENT).empty()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "has a user, a query or a fragment");
  }
  return parsed;
}

}  // namespace attestd::base
