// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_JSON_SCAN_H_
#define ATTESTD_BASE_JSON_SCAN_H_

#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

// Reads JSON (RFC 8259) where it lies, one level at a time, for texts that hold secrets: nothing of
// it is copied. Whatever is not looked into is checked to be well-formed, though not its UTF-8.
// Errors are InvalidArgument and never quote the input. ParseJson is for everything else.
namespace attestd::base {

// Name, without its quotes, and JSON text of each member.
using ScannedMembers = std::vector<std::pair<std::string_view, std::string_view>>;

// The members of an object, which is the whole text: at most 64, no name twice, none with an
// escape, nothing nested more than 32 deep.
absl::StatusOr<ScannedMembers> ScanObject(std::string_view json);

// The JSON texts of the elements of an array, with the same limits.
absl::StatusOr<std::vector<std::string_view>> ScanArray(std::string_view json);

// What lies between the quotes of a text without escapes.
absl::StatusOr<std::string_view> ScanText(std::string_view json);

// The JSON text of a member. InvalidArgument naming it when it is absent.
absl::StatusOr<std::string_view> FindScanned(const ScannedMembers& members, std::string_view name);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_JSON_SCAN_H_
