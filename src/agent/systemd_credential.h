// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SYSTEMD_CREDENTIAL_H_
#define ATTESTD_AGENT_SYSTEMD_CREDENTIAL_H_

#include <absl/time/time.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace attestd::base {
class TomlTable;
}

namespace attestd::agent {

// What systemd asks a socket for: a credential of a unit, or the key of a volume.
struct SystemdName {
  std::string unit;  // empty: a volume
  std::string name;  // of the credential or the volume

  bool operator==(const SystemdName&) const = default;
};

// From the unix address that systemd connects from, sun_path as the kernel gives it: a zero byte,
// hexadecimal digits, and "/unit/UNIT/CREDENTIAL" (systemd.exec(5), LoadCredential=) or
// "/cryptsetup/VOLUME" (crypttab(5), AF_UNIX key files). InvalidArgument for any other.
absl::StatusOr<SystemdName> ParseSystemdAddress(std::string_view path);

// [[systemd_credential]]: a secret for one of them.
struct SystemdCredential {
  SystemdName asked;  // unit "x@.service" stands for every instance
  std::string uri;
  absl::Duration wait = absl::Seconds(60);  // for a broker that is away
};

absl::StatusOr<SystemdCredential> ReadSystemdCredential(base::TomlTable table);

// InvalidArgument when two stand for the same.
absl::Status RefuseSameNames(const std::vector<SystemdCredential>& credentials);

// The one for the unit itself, else for its template; null: none.
const SystemdCredential* FindCredential(const std::vector<SystemdCredential>& credentials,
                                        const SystemdName& asked);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SYSTEMD_CREDENTIAL_H_
