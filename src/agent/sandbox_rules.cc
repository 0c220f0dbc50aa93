// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox_rules.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "sandbox/path_rules.h"
#include "tee/detect.h"

namespace attestd::agent {
namespace {

using sandbox::Access;
using sandbox::Grant;

bool IsThere(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

class Grants {
 public:
  void Add(const std::string& path, Access access) {
    Grant grant{.path = path, .access = access};
    if (!path.empty() && std::find(all_.begin(), all_.end(), grant) == all_.end()) {
      all_.push_back(std::move(grant));
    }
  }
  // The folder of a file, which may be replaced; and where a link leads.
  void AddFolderOf(const std::string& file, Access access) {
    if (file.empty()) {
      return;
    }
    for (const std::string& path : {file, sandbox::Target(file)}) {
      const std::string folder = sandbox::FolderOf(path);
      Add(folder == "/" ? path : folder, access);
    }
  }
  std::vector<Grant> Take() { return std::move(all_); }

 private:
  std::vector<Grant> all_;
};

// Libraries that are loaded when they are needed (TSS, name services), settings of the resolver,
// what the kernel says of processors, memory and the platform.
void AddSystem(Grants& grants) {
  for (const char* folder : {"/usr", "/lib", "/lib64", "/etc", "/proc", "/sys"}) {
    if (IsThere(folder)) {
      grants.Add(folder, Access::kRead);
    }
  }
  for (const char* device : {"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"}) {
    if (IsThere(device)) {
      grants.Add(device, Access::kDevice);
    }
  }
  // Often a link to a file that another service replaces.
  grants.AddFolderOf("/etc/resolv.conf", Access::kRead);
}

std::vector<std::string> FilesOf(const BrokerConfig& broker) {
  std::vector<std::string> files = broker.files;
  for (const std::string& file : {broker.ca_file, broker.client_cert_file, broker.client_key_file,
                                  broker.proxy_ca_file, broker.proxy_credentials_file}) {
    if (!file.empty()) {
      files.push_back(file);
    }
  }
  return files;
}

void AddConfigured(const Config& config, Grants& grants) {
  for (const std::string& file : config.sources) {
    grants.AddFolderOf(file, Access::kRead);
  }
  for (const std::string& file : config.written) {
    grants.AddFolderOf(file, Access::kWrite);
  }
  for (const BrokerConfig& broker : config.brokers) {
    for (const std::string& file : FilesOf(broker)) {
      grants.AddFolderOf(file, Access::kRead);
    }
  }
  for (const std::string& file : {config.coco_as.ca_file, config.coco_as.client_cert_file,
                                  config.coco_as.client_key_file, config.init_data.file}) {
    grants.AddFolderOf(file, Access::kRead);
  }
  for (const std::string& folder :
       {config.unseal.key_folder, config.key_provider.key_folder, config.secure_mount.key_folder}) {
    grants.Add(folder, Access::kRead);
  }
  for (const CredentialConfig& credential : config.credentials) {
    grants.AddFolderOf(credential.path, Access::kWrite);
  }
  if (config.measurement.enabled) {
    grants.AddFolderOf(config.measurement.event_log, Access::kWrite);
  }
  for (const ListenerConfig& listener : config.listeners) {
    // At its end the daemon takes its socket and its lock away.
    grants.AddFolderOf(listener.path, Access::kRemove);
  }
  for (const std::string& path : config.sandbox.read) {
    grants.Add(path, Access::kRead);
  }
  for (const std::string& path : config.sandbox.write) {
    grants.Add(path, Access::kWrite);
  }
}

Access AccessOf(tee::FileUse::How how) {
  switch (how) {
    case tee::FileUse::How::kRead:
      return Access::kRead;
    case tee::FileUse::How::kWrite:
      return Access::kWrite;
    case tee::FileUse::How::kDevice:
      return Access::kDevice;
  }
  return Access::kRead;
}

// Every platform's files that are there, since each may be probed. Of the one that is named, where
// they will be when none is there yet.
void AddPlatforms(const Config& config, std::span<const tee::Backend> backends, Grants& grants) {
  for (const tee::Backend& backend : backends) {
    if (backend.files == nullptr) {
      continue;
    }
    const std::vector<tee::FileUse> files =
        backend.files(tee::SettingsOf(config.backend_settings, backend.name));
    const bool awaited = backend.name == config.tee.backend &&
                         std::none_of(files.begin(), files.end(),
                                      [](const auto& file) { return IsThere(file.path); });
    for (const tee::FileUse& file : files) {
      if (awaited || IsThere(file.path)) {
        grants.Add(file.path, AccessOf(file.how));
      }
    }
  }
}

sandbox::Needs StandInNeeds() {
  // Where systemd is told (sd_notify(3)); "@" begins an abstract name.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
  const char* notify = std::getenv("NOTIFY_SOCKET");
  return {.grants = {},
          .seccomp = {},
          .landlock = {.abstract_sockets = notify != nullptr && *notify == '@'}};
}

void LogEntered(const sandbox::Entered& entered) {
  if (entered.landlock_version == 0) {
    base::Log(base::Severity::kNotice,
              "sandbox: this kernel has no Landlock, so that the unit and the modes of files alone "
              "say what may be opened");
  }
  for (const auto& [path, granted] : entered.wider) {
    if (granted.empty()) {
      base::Log(base::Severity::kWarning,
                "sandbox: nothing of the path is there, and it stays shut; make its folder and "
                "restart",
                {{"path", path}});
    } else {
      base::Log(base::Severity::kNotice, "sandbox: not there yet; the folder above is let through",
                {{"path", path}, {"folder", granted}});
    }
  }
}

}  // namespace

sandbox::Needs SandboxNeeds(const Config& config, std::span<const tee::Backend> backends) {
  Grants grants;
  AddSystem(grants);
  AddConfigured(config, grants);
  AddPlatforms(config, backends, grants);
  sandbox::Needs needs = StandInNeeds();
  needs.grants = grants.Take();
  // A vendor's library may try to start a program of its own.
  needs.seccomp.refuse_programs = !config.tee.devices.empty();
  return needs;
}

void EnterStandInSandbox() {
  const absl::Status status = sandbox::Enter(StandInNeeds()).status();
  if (!status.ok()) {
    base::Log(base::Severity::kWarning, "no sandbox", {{"cause", base::StatusText(status)}});
  }
}

absl::StatusOr<Granted> EnterSandbox(const Config& config, std::span<const tee::Backend> backends) {
  if (!config.sandbox.enabled) {
    base::Log(base::Severity::kWarning, "no sandbox: [sandbox] enabled = false");
    return Granted();
  }
  sandbox::Needs needs = SandboxNeeds(config, backends);
  ASSIGN_OR_RETURN(const sandbox::Entered entered, sandbox::Enter(needs));
  LogEntered(entered);
  return entered.landlock_version == 0 ? Granted() : std::move(needs.grants);
}

absl::Status CheckReadable(const std::vector<BrokerConfig>& brokers, const Granted& granted) {
  const auto readable = [&](const std::string& file) {
    return std::any_of(granted->begin(), granted->end(), [&](const Grant& grant) {
      return (grant.access == Access::kRead || grant.access == Access::kWrite) &&
             sandbox::LiesBelow(sandbox::Target(file), sandbox::Target(grant.path));
    });
  };
  for (const BrokerConfig& broker : granted ? brokers : std::vector<BrokerConfig>()) {
    for (const std::string& file : FilesOf(broker)) {
      if (!readable(file)) {
        return absl::FailedPreconditionError(
            "[[kbs]] " + broker.name + ": " + file +
            ": the sandbox, which stays as it was at the start, lets nothing be read there; put "
            "the file into the folder of the configuration, or restart attestd");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace attestd::agent
