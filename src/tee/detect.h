// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_DETECT_H_
#define ATTESTD_TEE_DETECT_H_

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tee/backend.h"

namespace attestd::tee {

// Tables of the configuration, by backend name; a missing one means defaults.
using SettingsByBackend = std::map<std::string, Settings>;

// The backend that `word` names, or for "auto" the first whose probe finds its platform; a fake
// is never found by "auto". The result points into `backends`.
// InvalidArgument: unknown word, listing those built in. FailedPrecondition: "auto" found none,
// with what each probe saw.
absl::StatusOr<const Backend*> SelectBackend(std::span<const Backend> backends,
                                             std::string_view word,
                                             const SettingsByBackend& settings);

}  // namespace attestd::tee

#endif  // ATTESTD_TEE_DETECT_H_
