// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <sys/stat.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tee/settings.h"
#include "tee/snp/ioctl_snp_device.h"
#include "tee/snp/sev_guest_file.h"
#include "tee/snp/snp_source.h"
#include "tee/snp/tsm_snp_device.h"
#include "tee/tsm/tsm_report.h"

namespace attestd::tee::snp {
namespace {

constexpr int64_t kMaxVmpl = 3;  // firmware ABI 56860

std::string TsmRoot(const Settings& settings) {
  return Value<std::string>(settings, "tsm_root", tsm::kDefaultRoot);
}

std::string Device(const Settings& settings) {
  return Value<std::string>(settings, "device", kDefaultDevice);
}

int64_t Vmpl(const Settings& settings) { return Value<int64_t>(settings, "vmpl", 0); }

absl::Status Validate(const Settings& settings) {
  for (const auto& [key, path] :
       {std::pair("tsm_root", TsmRoot(settings)), std::pair("device", Device(settings))}) {
    if (!path.starts_with('/')) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              std::string(key) + ": \"" + path + "\" is no absolute path");
    }
  }
  if (Vmpl(settings) < 0 || Vmpl(settings) > kMaxVmpl) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "vmpl: expected 0 to 3, found " + std::to_string(Vmpl(settings)));
  }
  return absl::OkStatus();
}

std::vector<FileUse> Files(const Settings& settings) {
  return {{.path = TsmRoot(settings), .how = FileUse::How::kWrite},
          {.path = Device(settings), .how = FileUse::How::kDevice}};
}

ProbeResult Probe(const Settings& settings) {
  const std::string root = TsmRoot(settings);
  const std::string device = Device(settings);
  const absl::Status tsm = tsm::TsmReporter(root, kTsmProvider).Check();
  struct stat info {};
  const bool file = ::stat(device.c_str(), &info) == 0 && !S_ISDIR(info.st_mode);
  const std::string tsm_seen =
      tsm.ok() ? root + ": its provider is " + kTsmProvider : std::string(tsm.message());
  return {.present = tsm.ok() || file,
          .seen = tsm_seen + "; " + device + (file ? " is there" : " is not there")};
}

std::unique_ptr<evidence::EvidenceSource> Create(const Settings& settings,
                                                 const SourceContext& /*context*/) {
  const std::string device = Device(settings);
  std::vector<std::unique_ptr<SnpDevice>> devices;
  devices.push_back(CreateTsmSnpDevice(TsmRoot(settings)));
  devices.push_back(CreateIoctlSnpDevice(device, CreateSevGuestFile(device)));
  return std::make_unique<SnpSource>(
      std::move(devices), SnpSourceOptions{.vmpl = static_cast<uint32_t>(Vmpl(settings)),
                                           .allow_debug = Value(settings, "allow_debug", false)});
}

}  // namespace

Backend MakeBackend() {
  Backend backend;
  backend.name = "snp";
  backend.settings = {{.name = "tsm_root", .kind = SettingSpec::Kind::kText},
                      {.name = "device", .kind = SettingSpec::Kind::kText},
                      {.name = "vmpl", .kind = SettingSpec::Kind::kInteger},
                      {.name = "allow_debug", .kind = SettingSpec::Kind::kBoolean}};
  backend.validate = Validate;
  backend.files = Files;
  backend.probe = Probe;
  backend.create = Create;
  return backend;
}

}  // namespace attestd::tee::snp
