// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_RESOURCES_H_
#define ATTESTD_TEST_DEV_KBS_RESOURCES_H_

#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// Secrets as files: FOLDER/repository/type/tag, read anew for each request.
class Resources {
 public:
  // NotFound and the like when the folder is not there.
  static absl::StatusOr<Resources> Open(const std::string& folder);

  // InvalidArgument: not three segments of [A-Za-z0-9_-][A-Za-z0-9_.-]*, or over 4 MiB.
  // PermissionDenied: a link leads out of the folder. NotFound: no such file.
  absl::StatusOr<base::Secret> Read(std::string_view resource) const;

 private:
  explicit Resources(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;  // without links
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_RESOURCES_H_
