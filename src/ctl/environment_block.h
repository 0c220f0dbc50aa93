// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_ENVIRONMENT_BLOCK_H_
#define ATTESTD_CTL_ENVIRONMENT_BLOCK_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::ctl {

// An environment for execve(2): the variables of `inherited` (a null-terminated list of
// "NAME=value", borrowed), with `secrets` added or in the place of those of the same name. The
// secrets lie in one Secret.
class EnvironmentBlock {
 public:
  // InvalidArgument for a value that no variable can hold: one with a NUL byte, or longer, with its
  // name, than the 128 KiB that Linux takes (MAX_ARG_STRLEN, execve(2)).
  static absl::StatusOr<EnvironmentBlock> Create(
      char* const* inherited, const std::map<std::string, base::ByteView>& secrets);

  // Null-terminated; valid as long as this object and `inherited`.
  char* const* pointers() { return pointers_.data(); }

 private:
  explicit EnvironmentBlock(base::Secret block) : block_(std::move(block)) {}

  base::Secret block_;
  std::vector<char*> pointers_;
};

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_ENVIRONMENT_BLOCK_H_
