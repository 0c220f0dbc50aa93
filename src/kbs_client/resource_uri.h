// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_RESOURCE_URI_H_
#define ATTESTD_KBS_CLIENT_RESOURCE_URI_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace attestd::kbs {

// kbs://[broker]/repository/type/tag: the name of a secret.
class ResourceUri {
 public:
  // InvalidArgument (kBadUri) for anything else. Segments are 1 to 255 of [A-Za-z0-9._-] and begin
  // with a letter or digit; the broker part is at most 255 of [A-Za-z0-9.-], with an optional
  // port. Query, fragment, user and percent escapes are refused.
  static absl::StatusOr<ResourceUri> Parse(std::string_view text);

  // Which broker, by configured name or by host[:port]; empty means the first one.
  const std::string& broker() const { return broker_; }
  // "repository/type/tag"
  const std::string& path() const { return path_; }

 private:
  ResourceUri(std::string_view broker, std::string_view path) : broker_(broker), path_(path) {}
  std::string broker_;
  std::string path_;
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_RESOURCE_URI_H_
