// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_COCO_AS_CONFIG_H_
#define ATTESTD_AGENT_COCO_AS_CONFIG_H_

#include <string>
#include <vector>

#include "base/status.h"

namespace attestd::base {
class TomlTable;
}

namespace attestd::agent {

// [coco_as]: an attestation service that tokens of type "coco_as" come from.
struct CocoAsConfig {
  std::string url;  // without a trailing slash; empty: none
  std::vector<std::string> policies;
  bool allow_http = false;
  bool allow_loopback = false;
  std::string ca_file;
  std::vector<std::string> pins;
  std::string client_cert_file;
  std::string client_key_file;
};

absl::StatusOr<CocoAsConfig> ReadCocoAs(base::TomlTable table);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_COCO_AS_CONFIG_H_
