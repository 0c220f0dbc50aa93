// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_UNSEAL_CONFIG_H_
#define ATTESTD_AGENT_UNSEAL_CONFIG_H_

#include <string>
#include <vector>

#include "base/status.h"

namespace attestd::base {
class TomlTable;
}

namespace attestd::agent {

// [unseal]: sealed secrets, see unseal::UnsealPolicy.
struct UnsealConfig {
  bool skip_signatures = false;
  std::string key_folder;  // absolute; empty: none
  std::vector<std::string> signers;
};

// [key_provider]: keys of encrypted image layers, see keyprovider::KeyProviderPolicy.
struct KeyProviderConfig {
  bool wrap = false;       // whether keys may be wrapped, too
  std::string key_folder;  // absolute; empty: none
};

absl::StatusOr<UnsealConfig> ReadUnseal(base::TomlTable table);
absl::StatusOr<KeyProviderConfig> ReadKeyProvider(base::TomlTable table);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_UNSEAL_CONFIG_H_
