// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_PROTOCOL_H_
#define ATTESTD_KBS_CLIENT_PROTOCOL_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace attestd::kbs {

// Versions of the KBS attestation protocol. A broker speaks exactly one of them.
enum class Protocol {
  k011,  // Trustee 0.10 and 0.11: RSA1_5 and a JWE of its own kind
  k020,  // Trustee 0.12 and 0.13
  k040,  // Trustee 0.14 and later
};

std::string_view ProtocolText(Protocol protocol);
// Nothing for any other text.
std::optional<Protocol> ParseProtocol(std::string_view text);

// The version that the broker's refusal named, carried by the status; empty without.
std::string NamedVersion(const absl::Status& status);
absl::Status WithNamedVersion(absl::Status status, std::string_view version);

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_PROTOCOL_H_
