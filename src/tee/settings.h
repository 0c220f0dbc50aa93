// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SETTINGS_H_
#define ATTESTD_TEE_SETTINGS_H_

#include <string>
#include <variant>

#include "tee/backend.h"

namespace attestd::tee {

// The setting, or the fallback where the configuration has none. T is the type of its kind:
// std::string, int64_t or bool.
template <typename T>
T Value(const Settings& settings, const std::string& key, T fallback) {
  const auto found = settings.find(key);
  return found == settings.end() ? fallback : std::get<T>(found->second);
}

}  // namespace attestd::tee

#endif  // ATTESTD_TEE_SETTINGS_H_
