// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_PARENTS_H_
#define ATTESTD_CTL_PARENTS_H_

#include <string>
#include <vector>

#include "base/status.h"

namespace attestd::ctl {

// Directories that were missing on the way to a file. They go away with this object, as far as they
// are empty, unless they are kept.
class MadeParents {
 public:
  MadeParents() = default;
  MadeParents(const MadeParents&) = delete;
  MadeParents& operator=(const MadeParents&) = delete;
  ~MadeParents();

  // Makes what is missing of `folder`, mode 0755 less the umask.
  absl::Status Make(const std::string& folder);
  void Keep() { made_.clear(); }

 private:
  std::vector<std::string> made_;
};

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_PARENTS_H_
