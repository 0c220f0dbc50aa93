// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_NOT_EMPTY_H_
#define ATTESTD_CTL_NOT_EMPTY_H_

#include <CLI/CLI.hpp>
#include <string>

namespace attestd::ctl {

// For options whose word may come from a variable that is not set: an empty one is refused, never
// taken for an absent option.
inline CLI::Validator NotEmpty() {
  return {[](const std::string& word) { return word.empty() ? "is empty" : std::string(); }, ""};
}

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_NOT_EMPTY_H_
