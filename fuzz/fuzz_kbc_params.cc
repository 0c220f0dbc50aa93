// SPDX-License-Identifier: Apache-2.0
// The kernel's command line and what the agents find there.
// Covers: src/compat/kbc_params.cc src/compat/broker_choice.cc
#include <string>

#include "compat/translate.h"
#include "fuzz/fuzz_target.h"

FUZZ_TARGET(input) {
  const std::string text(attestd::base::AsText(input));
  const auto cmdline = attestd::compat::ParseKernelCmdline(text);
  if (cmdline.aa_kbc_params.has_value()) {
    const auto params = attestd::compat::ParseKbcParams(*cmdline.aa_kbc_params);
    FUZZ_CHECK(!params.ok() || params->offline == params->url.empty());
  }
  if (cmdline.kbs_resources.has_value()) {
    const auto credentials = attestd::compat::ParseKbsResources(*cmdline.kbs_resources);
    if (credentials.ok()) {
      for (const auto& credential : *credentials) {
        FUZZ_CHECK(credential.path.starts_with(attestd::compat::kCredentialFolder));
        FUZZ_CHECK(credential.path.find("/../") == std::string::npos);
      }
    }
  }
  const auto address = attestd::compat::ParseUnixAddress(text);
  FUZZ_CHECK(!address.ok() || address->starts_with('/'));
}
