// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <absl/strings/match.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "tee/nvidia/nvidia_source.h"
#include "tee/settings.h"

namespace attestd::tee::nvidia {
namespace {

constexpr char kDefaultLibrary[] = "libnvidia-ml.so.1";
constexpr char kDevices[] = "/dev";
constexpr char kDevicePrefix[] = "nvidia";
// The driver's control node; a GPU's own is /dev/nvidia0.
constexpr char kControlDevice[] = "/dev/nvidiactl";

std::string Library(const Settings& settings) {
  return Value<std::string>(settings, "library", kDefaultLibrary);
}

absl::Status Validate(const Settings& settings) {
  const std::string library = Library(settings);
  if (!library.starts_with('/') && (library.empty() || absl::StrContains(library, '/'))) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "library: \"" + library +
                                "\" is neither an absolute path nor a name for the loader, as " +
                                kDefaultLibrary);
  }
  return absl::OkStatus();
}

// The driver's nodes, as far as they are there, and a library that the loader is told by its path.
std::vector<FileUse> Files(const Settings& settings) {
  std::vector<FileUse> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kDevices, error)) {
    if (entry.path().filename().string().starts_with(kDevicePrefix)) {
      files.push_back({.path = entry.path(), .how = FileUse::How::kDevice});
    }
  }
  const std::string library = Library(settings);
  if (library.starts_with('/')) {
    files.push_back(
        {.path = std::filesystem::path(library).parent_path(), .how = FileUse::How::kRead});
  }
  return files;
}

ProbeResult Probe(const Settings& /*settings*/) {
  struct stat info {};
  const bool present = ::stat(kControlDevice, &info) == 0;
  return {.present = present,
          .seen = std::string(kControlDevice) + (present ? " is there" : " is not there")};
}

}  // namespace

Backend MakeBackend() {
  Backend backend;
  backend.name = "nvidia";
  backend.device = true;
  backend.settings = {{.name = "library", .kind = SettingSpec::Kind::kText}};
  backend.validate = Validate;
  backend.files = Files;
  backend.probe = Probe;
  backend.create =
      [](const Settings& settings,
         const SourceContext& /*context*/) -> std::unique_ptr<evidence::EvidenceSource> {
    return std::make_unique<NvidiaSource>(Library(settings));
  };
  return backend;
}

}  // namespace attestd::tee::nvidia
