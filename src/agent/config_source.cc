// SPDX-License-Identifier: Apache-2.0
#include "agent/config_source.h"

#include <cstdlib>
#include <utility>

#include "agent/private_file.h"
#include "agent/upstream_sources.h"
#include "base/file.h"
#include "base/log.h"
#include "base/toml_table.h"

namespace attestd::agent {
namespace {

constexpr size_t kMaxConfigBytes = size_t{1} << 20;

// The files stand in comments, so that the text alone says all there is.
std::string Commented(const compat::FileToWrite& file) {
  std::string text = "# " + file.path + " has to hold:\n";
  for (std::string_view rest = file.text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    text += "#   " + std::string(line) + "\n";
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return text;
}

void LogNotes(const compat::Translation& translation) {
  for (const std::string& note : translation.notes) {
    base::Log(base::Severity::kWarning, "configuration", {{"note", note}});
  }
}

}  // namespace

ConfigSource::ConfigSource(CommandLine line, compat::Environment environment,
                           std::vector<tee::Backend> backends)
    : line_(std::move(line)),
      environment_(std::move(environment)),
      backends_(std::move(backends)) {}

std::string ConfigSource::name() const {
  if (!line_.upstream.has_value()) {
    return line_.config;
  }
  return std::string(line_.upstream->program == compat::Program::kAttestationAgent
                         ? "attestation-agent"
                         : "confidential-data-hub") +
         "'s configuration, translated";
}

absl::StatusOr<compat::Translation> ConfigSource::Translate() const {
  ASSIGN_OR_RETURN(const compat::Sources sources,
                   ReadUpstreamSources(*line_.upstream, environment_));
  return compat::Translate(sources);
}

absl::StatusOr<Config> ConfigSource::Load() const {
  if (!line_.upstream.has_value()) {
    return LoadConfig(line_.config, backends_);
  }
  ASSIGN_OR_RETURN(const compat::Translation translation, Translate());
  LogNotes(translation);
  absl::StatusOr<Config> config = ParseConfig(translation.config, name(), backends_);
  if (!config.ok() || line_.check_config) {
    return config;
  }
  config->sources = UpstreamFiles(*line_.upstream);
  for (const compat::FileToWrite& file : translation.files) {
    RETURN_IF_ERROR(WritePrivateFile(file.path, base::AsBytes(file.text)));
    config->written.push_back(file.path);
  }
  RETURN_IF_ERROR(MakeParents(translation.socket));
  return config;
}

absl::StatusOr<std::string> ConfigSource::Print() const {
  std::string text;
  if (!line_.upstream.has_value()) {
    ASSIGN_OR_RETURN(const std::string own, base::ReadFile(line_.config, kMaxConfigBytes));
    ASSIGN_OR_RETURN(const toml::table table, base::ParseToml(own, line_.config));
    text = base::FormatToml(table);
    RETURN_IF_ERROR(ParseConfig(own, line_.config, backends_).status());
  } else {
    ASSIGN_OR_RETURN(const compat::Translation translation, Translate());
    LogNotes(translation);
    for (const compat::FileToWrite& file : translation.files) {
      text += Commented(file);
    }
    text += translation.config;
  }
  RETURN_IF_ERROR(ParseConfig(text, name(), backends_).status());
  return text;
}

absl::StatusOr<std::string> ConfigSource::UpstreamSocket() const {
  if (!line_.upstream.has_value()) {
    return std::string();
  }
  ASSIGN_OR_RETURN(compat::Translation translation, Translate());
  return std::move(translation.socket);
}

compat::Environment ReadUpstreamEnvironment() {
  compat::Environment found;
  for (const std::string& name : compat::UpstreamVariables()) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
    if (const char* value = std::getenv(name.c_str()); value != nullptr) {
      found.emplace(name, value);
    }
  }
  return found;
}

}  // namespace attestd::agent
