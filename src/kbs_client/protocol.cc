// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/protocol.h"

#include <absl/strings/cord.h>

#include <array>

namespace attestd::kbs {
namespace {

constexpr char kNamedVersionUrl[] = "attestd/kbs-protocol";

struct Name {
  Protocol protocol;
  std::string_view text;
};
constexpr std::array<Name, 3> kNames = {
    {{Protocol::k011, "0.1.1"}, {Protocol::k020, "0.2.0"}, {Protocol::k040, "0.4.0"}}};

}  // namespace

std::string_view ProtocolText(Protocol protocol) {
  for (const Name& name : kNames) {
    if (name.protocol == protocol) {
      return name.text;
    }
  }
  return "";
}

std::optional<Protocol> ParseProtocol(std::string_view text) {
  for (const Name& name : kNames) {
    if (name.text == text) {
      return name.protocol;
    }
  }
  return std::nullopt;
}

std::string NamedVersion(const absl::Status& status) {
  const auto payload = status.GetPayload(kNamedVersionUrl);
  return payload.has_value() ? std::string(*payload) : "";
}

absl::Status WithNamedVersion(absl::Status status, std::string_view version) {
  status.SetPayload(kNamedVersionUrl, absl::Cord(std::string(version)));
  return status;
}

}  // namespace attestd::kbs
