// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_COMPAT_PLACE_H_
#define ATTESTD_COMPAT_PLACE_H_

#include <string>

#include "base/status.h"
#include "base/toml_table.h"

namespace attestd::compat {

// Where guest-components' programs listen, as one word of a [[listener]]: `path` or `address`.
struct Place {
  std::string key;
  std::string value;
};

// Of "unix:///path", or of an address of loopback. InvalidArgument for anything else.
absl::StatusOr<Place> ParsePlace(const std::string& address);

bool IsUnixAddress(const std::string& address);

// The path of "unix:///path". InvalidArgument for anything else.
absl::StatusOr<std::string> ParseUnixAddress(const std::string& address);

// A [[listener]] there, for clients of guest-components.
toml::table ListenerTable(const Place& place);

}  // namespace attestd::compat

#endif  // ATTESTD_COMPAT_PLACE_H_
