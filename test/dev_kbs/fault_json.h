// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_FAULT_JSON_H_
#define ATTESTD_TEST_DEV_KBS_FAULT_JSON_H_

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// A JSON text with another value at an RFC 6901 pointer; members on the way are made. Any error:
// there is no such place.
absl::StatusOr<std::string> WithJsonValue(const std::string& text, const std::string& pointer,
                                          const base::Json& value);

// A JSON object's text made hostile in one of the ways of "json-bomb"; what it said still stands in
// it. InvalidArgument when it is no object with a member.
absl::StatusOr<std::string> WithJsonBomb(const std::string& text, std::string_view kind);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_FAULT_JSON_H_
