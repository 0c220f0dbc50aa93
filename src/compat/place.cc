// SPDX-License-Identifier: Apache-2.0
#include "compat/place.h"

#include <string_view>
#include <utility>

#include "base/socket_address.h"
#include "base/text.h"

namespace attestd::compat {
namespace {

constexpr std::string_view kUnix = "unix://";

}  // namespace

absl::StatusOr<Place> ParsePlace(const std::string& address) {
  if (base::ParseLoopback(address).ok()) {
    return Place{"address", address};
  }
  ASSIGN_OR_RETURN(std::string path, ParseUnixAddress(address));
  return Place{"path", std::move(path)};
}

bool IsUnixAddress(const std::string& address) { return address.starts_with(kUnix); }

absl::StatusOr<std::string> ParseUnixAddress(const std::string& address) {
  if (!IsUnixAddress(address) || !address.substr(kUnix.size()).starts_with('/')) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "socket: expected unix:///path, or an address of loopback like 127.0.0.1:50002, found " +
            base::Escaped(address));
  }
  return address.substr(kUnix.size());
}

toml::table ListenerTable(const Place& place) {
  // They connect long before they ask.
  toml::table table{{place.key, place.value}, {"allow_silent", true}};
  if (place.key == "address") {
    // As there, whoever reaches it may ask; but not manage attestd.
    table.insert("rights", toml::array("resource", "token", "evidence", "extend", "unseal",
                                       "unwrap", "mount"));
    table.insert("allow", toml::array("*"));
  }
  return table;
}

}  // namespace attestd::compat
