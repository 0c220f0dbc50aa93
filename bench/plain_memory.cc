// SPDX-License-Identifier: Apache-2.0
// What attestd-plain has in place of base/secret_memory.cc: secrets lie on the ordinary heap.
#include "base/secret_memory.h"

namespace attestd::base {

std::string_view ProtectionName(SecretProtection /*protection*/) { return "none"; }

absl::StatusOr<SecretArena> SetUpSecretArena(size_t size) {
  return SecretArena{.size = size, .protection = SecretProtection::kLocked};
}

absl::Status ForbidDumps(DumpBan /*ban*/) { return absl::OkStatus(); }

}  // namespace attestd::base
