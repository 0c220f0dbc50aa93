// SPDX-License-Identifier: Apache-2.0
// The kernel's command line, AA_KBC_PARAMS and the file's broker, a line each.
// Covers: src/compat/kbc_params.cc src/compat/broker_choice.cc
#include <algorithm>
#include <string>

#include "compat/broker_choice.h"
#include "compat/place.h"
#include "fuzz/fuzz_target.h"

namespace compat = attestd::compat;

namespace {

std::string TakeLine(std::string_view& text) {
  const std::string line(text.substr(0, text.find('\n')));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

void CheckFinds(const compat::KernelCmdline& cmdline) {
  if (cmdline.aa_kbc_params.has_value()) {
    const auto params = compat::ParseKbcParams(*cmdline.aa_kbc_params);
    FUZZ_CHECK(!params.ok() || params->offline == params->url.empty());
  }
  if (!cmdline.kbs_resources.has_value()) {
    return;
  }
  const auto credentials = compat::ParseKbsResources(*cmdline.kbs_resources);
  if (credentials.ok()) {
    for (const auto& credential : *credentials) {
      FUZZ_CHECK(credential.path.starts_with(compat::kCredentialFolder));
      FUZZ_CHECK(credential.path.find("/../") == std::string::npos);
    }
  }
}

// The first source that names a broker counts: the file, the variable, the command line.
void CheckChoice(const compat::KernelCmdline& cmdline, const std::string& variable,
                 std::string_view file) {
  compat::Sources sources;
  sources.environment = {{"AA_KBC_PARAMS", variable}};
  compat::UpstreamConfig config{.source = "file"};
  if (const auto named = compat::ParseKbcParams(file); named.ok()) {
    config.kbc = *named;
  }
  std::vector<std::string> notes;
  const auto choice = compat::ChooseBroker(sources, cmdline, config, notes);
  FUZZ_CHECK(choice.ok() || !config.kbc.has_value());
  if (!choice.ok()) {
    return;
  }
  const bool named =
      config.kbc.has_value() || !variable.empty() || cmdline.aa_kbc_params.has_value();
  FUZZ_CHECK(choice->params.has_value() == named && choice->source.empty() == !named);
  if (config.kbc.has_value()) {
    FUZZ_CHECK(choice->params == config.kbc && choice->source == config.source);
  } else if (!variable.empty()) {
    FUZZ_CHECK(*choice->params == *compat::ParseKbcParams(variable));
  }
}

}  // namespace

FUZZ_TARGET(input) {
  std::string_view text = attestd::base::AsText(input);
  const std::string first = TakeLine(text);
  const std::string second = TakeLine(text);
  const compat::KernelCmdline cmdline = compat::ParseKernelCmdline(first);
  CheckFinds(cmdline);
  CheckChoice(cmdline, second, text);
  const auto address = compat::ParseUnixAddress(first);
  FUZZ_CHECK(!address.ok() || address->starts_with('/'));
}
