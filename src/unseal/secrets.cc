// SPDX-License-Identifier: Apache-2.0
#include "unseal/secrets.h"

namespace attestd::unseal {

std::string Shown(const kbs::ResourceUri& uri) {
  const std::string plugin = uri.plugin() == "resource" ? "" : "+" + uri.plugin();
  return "kbs" + plugin + "://" + uri.broker() + "/" + uri.path();
}

}  // namespace attestd::unseal
