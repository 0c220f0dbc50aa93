// SPDX-License-Identifier: Apache-2.0
#include "agent/upstream_sources.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "base/file.h"
#include "evidence/init_data.h"

namespace attestd::agent {
namespace {

constexpr size_t kMaxFile = size_t{1} << 20;
constexpr size_t kMaxCmdline = size_t{64} << 10;

// guest-components' places.
constexpr const char* kInitDataName = "initdata.toml";
constexpr const char* kInitDataFolder = "/run/confidential-containers/initdata/";
constexpr std::array<const char*, 2> kOfflineFiles = {"/etc/aa-offline_fs_kbc-keys.json",
                                                      "/etc/aa-offline_fs_kbc-resources.json"};

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

absl::StatusOr<compat::Document> ReadTrusted(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, base::ReadTrustedFile(path, kMaxFile));
  return compat::Document{.path = path, .text = std::move(text)};
}

// Init data of confidential-data-hub, which has no flag for it: its evidence has to carry the same
// as attestation-agent's. kata-agent puts all of them into one folder.
std::string FindInitData(const UpstreamCommand& command) {
  if (command.program == compat::Program::kAttestationAgent) {
    return command.init_data_file;
  }
  const size_t slash = command.config.rfind('/');
  const std::string folder = command.config.empty()       ? kInitDataFolder
                             : slash == std::string::npos ? "./"
                                                          : command.config.substr(0, slash + 1);
  return Exists(folder + kInitDataName) ? folder + kInitDataName : "";
}

std::vector<std::string> FindOfflineFiles(const compat::Environment& environment) {
  std::vector<std::string> candidates(kOfflineFiles.begin(), kOfflineFiles.end());
  std::string more = compat::ValueOf(environment, "OFFLINE_FS_KBC_EXTRA_FILE_PATH");
  while (!more.empty()) {
    const size_t comma = more.find(',');
    candidates.push_back(more.substr(0, comma));
    more.erase(0, comma == std::string::npos ? comma : comma + 1);
  }
  std::vector<std::string> found;
  for (std::string& path : candidates) {
    if (Exists(path)) {
      found.push_back(std::move(path));
    }
  }
  return found;
}

absl::StatusOr<compat::Document> ReadInitData(const std::string& path) {
  ASSIGN_OR_RETURN(compat::Document document, ReadTrusted(path));
  const auto parsed = evidence::ParseInitData(document.text);
  return parsed.ok() ? absl::StatusOr<compat::Document>(std::move(document))
                     : base::Annotate(parsed.status(), path);
}

}  // namespace

absl::StatusOr<compat::Sources> ReadUpstreamSources(const UpstreamCommand& command,
                                                    const compat::Environment& environment) {
  compat::Sources sources{.program = command.program,
                          .socket = command.socket,
                          .old_sockets = command.old_sockets,
                          .init_data_digest = command.init_data_digest,
                          .environment = environment,
                          .offline_files = FindOfflineFiles(environment)};
  if (!command.config.empty()) {
    ASSIGN_OR_RETURN(sources.config, ReadTrusted(command.config));
  }
  if (const std::string path = FindInitData(command); !path.empty()) {
    ASSIGN_OR_RETURN(sources.init_data, ReadInitData(path));
  }
  if (Exists(command.base)) {
    ASSIGN_OR_RETURN(sources.base, ReadTrusted(command.base));
  }
  ASSIGN_OR_RETURN(sources.kernel_cmdline, base::ReadFile(command.kernel_cmdline, kMaxCmdline));
  return sources;
}

std::vector<std::string> UpstreamFiles(const UpstreamCommand& command) {
  std::vector<std::string> files;
  for (const std::string& file :
       {command.config, FindInitData(command), command.base, command.kernel_cmdline}) {
    if (!file.empty()) {
      files.push_back(file);
    }
  }
  return files;
}

}  // namespace attestd::agent
