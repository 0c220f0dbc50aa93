// SPDX-License-Identifier: Apache-2.0
#include "compat/coco_as.h"

namespace attestd::compat {

absl::Status PutCocoAs(const UpstreamConfig& config, toml::table& root,
                       std::vector<std::string>& notes) {
  if (config.coco_as.empty()) {
    return absl::OkStatus();
  }
  const std::string where = config.source + ": [token_configs.coco_as] url: has no effect; ";
  const bool had = root.contains("coco_as");
  root.insert("coco_as", toml::table());
  toml::table* const table = root.get_as<toml::table>("coco_as");
  if (table == nullptr) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "dropin.toml: [coco_as] is no table");
  }
  if (table->contains("url")) {
    notes.push_back(where + "url in [coco_as] of dropin.toml counts");
  } else if (config.coco_as.starts_with("http://") &&
             !table->at_path("allow_http").value_or(false)) {
    notes.push_back(where +
                    "it is http, and anyone on the path could forge tokens; use https, or for "
                    "development write allow_http = true in [coco_as] of "
                    "/etc/attestd/dropin.toml");
    if (!had) {
      root.erase("coco_as");
    }
  } else {
    table->insert("url", config.coco_as);
  }
  return absl::OkStatus();
}

}  // namespace attestd::compat
