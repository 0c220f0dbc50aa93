// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_POLICY_RESOURCE_PATTERN_H_
#define ATTESTD_POLICY_RESOURCE_PATTERN_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "kbs_client/resource_uri.h"

namespace attestd::policy {

// Which resources: "*", all there are; or a resource URI without query in which a "*" ends a
// segment and stands for whatever follows in it, and for all that follows when it is the whole last
// segment. "kbs:///app1/*" has all of repository app1 at the first broker, "kbs://*/app1/db/key-*"
// those at any. A URI's query is not looked at.
class ResourcePattern {
 public:
  // InvalidArgument says what is wrong with the text.
  static absl::StatusOr<ResourcePattern> Parse(std::string_view text);

  bool Matches(const kbs::ResourceUri& uri) const;
  const std::string& text() const { return text_; }

 private:
  explicit ResourcePattern(std::string_view text) : text_(text) {}

  std::string text_;
  bool all_ = false;
  std::string plugin_;
  std::string broker_;  // "*": any
  std::vector<std::string> segments_;
};

}  // namespace attestd::policy

#endif  // ATTESTD_POLICY_RESOURCE_PATTERN_H_
