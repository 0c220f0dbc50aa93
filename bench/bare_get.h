// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BENCH_BARE_GET_H_
#define ATTESTD_BENCH_BARE_GET_H_

#include <curl/curl.h>

#include <string>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::bench {

// One GET after another over one kept connection, by libcurl alone: the floor.
class BareGet {
 public:
  // `cookie` as the header has it.
  BareGet(const std::string& url, const std::string& ca_file, const std::string& cookie);

  // The body. Internal for another HTTP status than 200.
  absl::StatusOr<std::string> Get();

 private:
  base::Handle<CURL, curl_easy_cleanup> curl_;
};

}  // namespace attestd::bench

#endif  // ATTESTD_BENCH_BARE_GET_H_
