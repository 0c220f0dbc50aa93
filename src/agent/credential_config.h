// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CREDENTIAL_CONFIG_H_
#define ATTESTD_AGENT_CREDENTIAL_CONFIG_H_

#include <string>

#include "base/status.h"

namespace attestd::base {
class TomlTable;
}

namespace attestd::agent {

// [[credential]]: a secret that is written to a file once attestd can get it.
struct CredentialConfig {
  std::string uri;
  std::string path;  // absolute
};

absl::StatusOr<CredentialConfig> ReadCredential(base::TomlTable table);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CREDENTIAL_CONFIG_H_
