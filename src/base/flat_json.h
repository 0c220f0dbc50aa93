// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_FLAT_JSON_H_
#define ATTESTD_BASE_FLAT_JSON_H_

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace attestd::base {

// Name and text, as they lie in what was read.
using FlatMembers = std::vector<std::pair<std::string_view, std::string_view>>;

// The members of a JSON object of at most eight plain texts, without a copy: printable ASCII
// without escapes, no name twice. Nothing for any other input, JSON or not; ParseJson is for that.
std::optional<FlatMembers> ReadFlatObject(std::string_view text);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_FLAT_JSON_H_
