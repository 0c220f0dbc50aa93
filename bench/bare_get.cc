// SPDX-License-Identifier: Apache-2.0
#include "bench/bare_get.h"

namespace attestd::bench {
namespace {

size_t Append(char* data, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

}  // namespace

BareGet::BareGet(const std::string& url, const std::string& ca_file, const std::string& cookie)
    : curl_(curl_easy_init()) {
  curl_easy_setopt(curl_.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl_.get(), CURLOPT_CAINFO, ca_file.c_str());
  curl_easy_setopt(curl_.get(), CURLOPT_COOKIE, cookie.c_str());
  curl_easy_setopt(curl_.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_.get(), CURLOPT_WRITEFUNCTION, Append);
}

absl::StatusOr<std::string> BareGet::Get() {
  std::string body;
  curl_easy_setopt(curl_.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(curl_.get());
  long status = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK || status != 200) {
    return absl::InternalError(std::string(curl_easy_strerror(code)) + ", HTTP " +
                               std::to_string(status));
  }
  return body;
}

}  // namespace attestd::bench
