// SPDX-License-Identifier: Apache-2.0
#include "base/http.h"

#include <strings.h>

namespace attestd::base {

std::vector<std::string> HttpResponse::Values(std::string_view name) const {
  std::vector<std::string> values;
  for (const HttpHeader& header : headers) {
    if (header.name.size() == name.size() &&
        ::strncasecmp(header.name.data(), name.data(), name.size()) == 0) {
      values.push_back(header.value);
    }
  }
  return values;
}

}  // namespace attestd::base
