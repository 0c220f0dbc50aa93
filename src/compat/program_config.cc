// SPDX-License-Identifier: Apache-2.0
#include "compat/program_config.h"

#include <algorithm>
#include <utility>

namespace attestd::compat {
namespace {

// FileOfInitData gives "?" for what is beyond ASCII.
bool IsSameText(const std::string& file, const std::string& measured) {
  return std::equal(file.begin(), file.end(), measured.begin(), measured.end(), [](char a, char b) {
    return a == b || (b == '?' && static_cast<unsigned char>(a) > 0x7f);
  });
}

absl::Status Differs(const Document& config, const std::string& name, const Document& init_data) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          config.path + ": differs from \"" + name + "\" in the init data " +
                              init_data.path +
                              ", which is what was measured; give the same file, or init data "
                              "without it");
}

}  // namespace

absl::StatusOr<UpstreamConfig> ReadProgramConfig(const Sources& sources) {
  const bool is_agent = sources.program == Program::kAttestationAgent;
  const std::string name = is_agent ? "aa.toml" : "cdh.toml";
  std::optional<Document> document = sources.config;
  if (sources.init_data.has_value()) {
    absl::StatusOr<std::string> measured = FileOfInitData(sources.init_data->text, name);
    if (!measured.ok()) {
      return base::Annotate(measured.status(), sources.init_data->path);
    }
    if (document.has_value() && !measured->empty() && !IsSameText(document->text, *measured)) {
      return Differs(*document, name, *sources.init_data);
    }
    if (!document.has_value() && !measured->empty()) {
      document =
          Document{.path = sources.init_data->path + ": " + name, .text = *std::move(measured)};
    }
  }
  if (!document.has_value()) {
    return UpstreamConfig();
  }
  ASSIGN_OR_RETURN(UpstreamConfig config,
                   is_agent ? ParseAaConfig(*document) : ParseCdhConfig(*document));
  config.source = document->path;
  return config;
}

}  // namespace attestd::compat
