// SPDX-License-Identifier: Apache-2.0
// What is accepted has three plain segments and nothing that a URL would read differently.
// Covers: src/kbs_client/resource_uri.cc
#include <algorithm>
#include <string>

#include "fuzz/fuzz_target.h"
#include "kbs_client/resource_uri.h"

FUZZ_TARGET(input) {
  const auto uri = attestd::kbs::ResourceUri::Parse(attestd::base::AsText(input));
  if (!uri.ok()) {
    return;
  }
  const std::string& path = uri->path();
  const bool resource = uri->plugin() == "resource";
  const auto slashes = std::count(path.begin(), path.end(), '/');
  FUZZ_CHECK(resource ? slashes == 2 : slashes < 16);
  FUZZ_CHECK(path.find_first_of("%?#&;\\@ \r\n\t") == std::string::npos);
  FUZZ_CHECK(path.find("/.") == std::string::npos && !path.starts_with('.'));
  FUZZ_CHECK(uri->query().find_first_of("#;\\@ \r\n\t/") == std::string::npos);
  const std::string scheme = resource ? "kbs" : "kbs+" + uri->plugin();
  const auto again =
      attestd::kbs::ResourceUri::Parse(scheme + "://" + uri->broker() + "/" + path + uri->query());
  FUZZ_CHECK(again.ok() && again->path() == path && again->query() == uri->query());
  FUZZ_CHECK(!(*again < *uri) && !(*uri < *again));
}
