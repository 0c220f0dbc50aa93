// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_MANIFEST_H_
#define ATTESTD_CTL_MANIFEST_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace attestd::ctl {

// One secret and the file that it is for.
struct ManifestEntry {
  std::string uri;
  std::string path;  // absolute
  mode_t mode = 0400;
  std::string owner;  // name or number; empty: the caller's own
  std::string group;
  bool optional = false;  // an absent resource is no error
  bool mkdir = false;     // missing directories are made
};

// Reads a manifest: TOML, 1 to 256 tables [[secret]]. InvalidArgument "source:line: problem" for
// anything else, two entries of one path included.
absl::StatusOr<std::vector<ManifestEntry>> ParseManifest(std::string_view text,
                                                         const std::string& source);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_MANIFEST_H_
