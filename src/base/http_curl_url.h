// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_CURL_URL_H_
#define ATTESTD_BASE_HTTP_CURL_URL_H_

#include <string>

#include "base/http_curl.h"

// Inside the transport only.
namespace attestd::base {

// The host that a connection to this URL goes to, as libcurl reads it, query and all; every part
// empty when it is no URL. An IPv4 address in an odd form comes out in the dotted one.
HttpUrl SplitUrl(const std::string& text);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_CURL_URL_H_
