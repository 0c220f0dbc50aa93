// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_COMPAT_COCO_AS_H_
#define ATTESTD_COMPAT_COCO_AS_H_

#include "compat/translate.h"

namespace attestd::compat {

// [token_configs.coco_as] as [coco_as] of `root`, below what that says already. Plain http that
// `root` does not allow has no effect and gives a note: there are no such tokens then.
absl::Status PutCocoAs(const UpstreamConfig& config, toml::table& root,
                       std::vector<std::string>& notes);

}  // namespace attestd::compat

#endif  // ATTESTD_COMPAT_COCO_AS_H_
