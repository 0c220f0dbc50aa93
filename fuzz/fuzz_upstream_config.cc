// SPDX-License-Identifier: Apache-2.0
// guest-components' files: the first byte chooses which, and the format. What is taken has become a
// text that parses again.
// Covers: src/compat/agent_files.cc src/compat/translate.cc src/compat/upstream_table.cc
#include <string>

#include "base/toml_table.h"
#include "compat/translate.h"
#include "fuzz/fuzz_target.h"

namespace {

using attestd::compat::Document;
using attestd::compat::Program;

// 'a' aa.toml, 'A' aa.json, 'c' cdh.toml, 'C' cdh.json, 'i' init data, 'b' attestd's own settings,
// 'k' the kernel's command line.
attestd::compat::Sources MakeSources(char kind, std::string text) {
  attestd::compat::Sources sources;
  sources.program =
      kind == 'c' || kind == 'C' ? Program::kConfidentialDataHub : Program::kAttestationAgent;
  if (kind == 'i') {
    sources.init_data = Document{.path = "/initdata.toml", .text = std::move(text)};
  } else if (kind == 'b') {
    sources.init_data_digest = "AAAA";
    sources.environment = {{"AA_KBC_PARAMS", "cc_kbc::https://kbs.example"},
                           {"KBS_CERT", "PEM"},
                           {"AAEL_PATH", "/run/log"},
                           {"AA_TPM_DEVICE", "/dev/tpm0"}};
    sources.base = Document{.path = "base", .text = std::move(text)};
  } else if (kind == 'k') {
    sources.kernel_cmdline = std::move(text);
  } else {
    const bool json = kind == 'A' || kind == 'C';
    sources.config = Document{.path = json ? "c.json" : "c.toml", .text = std::move(text)};
  }
  return sources;
}

}  // namespace

FUZZ_TARGET(input) {
  if (input.empty()) {
    return;
  }
  const auto translation = attestd::compat::Translate(MakeSources(
      static_cast<char>(input[0]), std::string(attestd::base::AsText(input.subspan(1)))));
  if (!translation.ok()) {
    FUZZ_CHECK(absl::IsInvalidArgument(translation.status()));
    return;
  }
  const auto again = attestd::base::ParseToml(translation->config, "again");
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(attestd::base::FormatToml(*again) == translation->config);
  FUZZ_CHECK(translation->socket.starts_with('/'));
}
