// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_RESOURCE_URI_H_
#define ATTESTD_KBS_CLIENT_RESOURCE_URI_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace attestd::kbs {

// kbs://[broker]/repository/type/tag, the name of a secret; or kbs+PLUGIN://[broker]/path, what
// another plugin of the broker gives. Both may have a query.
class ResourceUri {
 public:
  // InvalidArgument (kBadUri) for anything else. Segments are 1 to 255 of [A-Za-z0-9._-] and begin
  // with a letter or digit: three of them, or up to 16 for a plugin, whose name is 1 to 64 of
  // [a-z0-9-]. The broker part is at most 255 of [A-Za-z0-9.-], with an optional port. A query is
  // at most 1024 of [A-Za-z0-9._~=&,:+-] and well-formed percent escapes. Fragment and user are
  // refused.
  static absl::StatusOr<ResourceUri> Parse(std::string_view text);

  // Which broker, by configured name or by host[:port]; empty means the first one.
  const std::string& broker() const { return broker_; }
  // "resource" for kbs://
  const std::string& plugin() const { return plugin_; }
  // "repository/type/tag"
  const std::string& path() const { return path_; }
  // With its "?"; empty without.
  const std::string& query() const { return query_; }

  bool operator<(const ResourceUri& other) const { return text_ < other.text_; }

 private:
  ResourceUri() = default;
  std::string text_;
  std::string broker_;
  std::string plugin_;
  std::string path_;
  std::string query_;
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_RESOURCE_URI_H_
