// SPDX-License-Identifier: Apache-2.0
// The manifest of attestctl get-resource.
// Covers: src/ctl/manifest.cc
#include <set>
#include <string>

#include "ctl/manifest.h"
#include "fuzz/fuzz_target.h"

FUZZ_TARGET(input) {
  const auto entries = attestd::ctl::ParseManifest(attestd::base::AsText(input), "fuzz.toml");
  if (!entries.ok()) {
    return;
  }
  FUZZ_CHECK(!entries->empty() && entries->size() <= 256);
  std::set<std::string> paths;
  for (const auto& entry : *entries) {
    FUZZ_CHECK(entry.uri.starts_with("kbs"));
    FUZZ_CHECK(entry.path.starts_with('/') && !entry.path.ends_with('/'));
    FUZZ_CHECK(entry.path.find('\0') == std::string::npos);
    FUZZ_CHECK(entry.path.find("/../") == std::string::npos);
    FUZZ_CHECK(entry.mode <= 0777);
    FUZZ_CHECK(paths.insert(entry.path).second);
  }
}
