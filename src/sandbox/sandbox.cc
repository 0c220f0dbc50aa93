// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.h"

#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>

#include "sandbox/capabilities.h"
#include "sandbox/path_rules.h"

namespace attestd::sandbox {
namespace {

absl::Status CheckSingleThread() {
  std::error_code error;
  const std::filesystem::directory_iterator threads("/proc/self/task", error);
  if (error || std::distance(begin(threads), end(threads)) == 1) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "sandbox: a thread was started before it, which would not be in it");
}

}  // namespace

absl::StatusOr<Entered> Enter(const Needs& needs) {
  RETURN_IF_ERROR(CheckSingleThread());
  Entered entered{.landlock_version = LandlockVersion(), .wider = {}};
  std::vector<Grant> grants;
  for (const Grant& grant : needs.grants) {
    const std::optional<std::string> place = NearestExisting(grant.path);
    if (place.has_value()) {
      grants.push_back({.path = *place, .access = grant.access});
    }
    if (place != grant.path) {
      entered.wider.push_back({.path = grant.path, .granted = place.value_or("")});
    }
  }
  RETURN_IF_ERROR(DropPrivileges());
  RETURN_IF_ERROR(RestrictFiles(grants, needs.landlock));
  RETURN_IF_ERROR(InstallSeccomp(needs.seccomp));
  return entered;
}

}  // namespace attestd::sandbox
