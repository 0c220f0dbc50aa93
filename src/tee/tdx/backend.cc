// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <absl/strings/str_cat.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tee/settings.h"
#include "tee/tdx/cc_event_log.h"
#include "tee/tdx/measurements.h"
#include "tee/tdx/qgs_quote_device.h"
#include "tee/tdx/tdreport_device.h"
#include "tee/tdx/tdx_source.h"
#include "tee/tdx/tsm_quote_device.h"
#include "tee/tsm/tsm_report.h"

namespace attestd::tee::tdx {
namespace {

std::string TsmRoot(const Settings& settings) {
  return Value<std::string>(settings, "tsm_root", tsm::kDefaultRoot);
}

std::string Device(const Settings& settings) {
  return Value<std::string>(settings, "device", kTdxGuestDevice);
}

// "" for quotes through configfs-tsm.
std::string Qgs(const Settings& settings) { return Value<std::string>(settings, "qgs", ""); }

absl::Status Validate(const Settings& settings) {
  for (const std::string key : {"tsm_root", "device", "ccel", "measurements_root"}) {
    const auto path = Value<std::string>(settings, key, "/");
    if (!path.starts_with('/')) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              absl::StrCat(key, ": \"", path, "\" is no absolute path"));
    }
  }
  if (settings.contains("qgs")) {
    return base::Annotate(ParseQgsAddress(Qgs(settings)).status(), "qgs");
  }
  return absl::OkStatus();
}

std::vector<FileUse> Files(const Settings& settings) {
  using How = FileUse::How;
  return {{.path = TsmRoot(settings), .how = How::kWrite},
          {.path = Device(settings), .how = How::kDevice},
          {.path = Value<std::string>(settings, "measurements_root", kMeasurementsRoot),
           .how = How::kWrite},
          {.path = Value<std::string>(settings, "ccel", kCcelPath), .how = How::kRead}};
}

ProbeResult Probe(const Settings& settings) {
  const absl::Status tsm = tsm::TsmReporter(TsmRoot(settings), kTsmProvider).Check();
  if (tsm.ok()) {
    return {.present = true,
            .seen = "configfs-tsm at " + TsmRoot(settings) + " has the provider tdx_guest"};
  }
  const std::string device = Device(settings);
  struct stat info {};
  const bool there = ::stat(device.c_str(), &info) == 0;
  return {.present = there,
          .seen = std::string(tsm.message()) + "; " + device +
                  (there ? " is there" : " is not there; [tdx] device names it")};
}

std::unique_ptr<evidence::EvidenceSource> Create(const Settings& settings,
                                                 const SourceContext& context) {
  TdxDevices devices;
  devices.report = CreateTdReportDevice(Device(settings));
  // What is configured is used: a quote service that fails is an error, never a reason to ask
  // configfs-tsm.
  if (absl::StatusOr<QgsAddress> qgs = ParseQgsAddress(Qgs(settings)); qgs.ok()) {
    devices.quote = CreateQgsQuoteDevice(*std::move(qgs), Qgs(settings), *devices.report);
  } else {
    devices.quote = CreateTsmQuoteDevice(TsmRoot(settings));
  }
  return std::make_unique<TdxSource>(
      std::move(devices),
      TdxSourceOptions{
          .ccel = Value<std::string>(settings, "ccel", kCcelPath),
          .event_log = context.event_log,
          .measurements_root = Value<std::string>(settings, "measurements_root", kMeasurementsRoot),
          .allow_debug = Value<bool>(settings, "allow_debug", false)});
}

}  // namespace

Backend MakeBackend() {
  using Kind = SettingSpec::Kind;
  Backend backend;
  backend.name = "tdx";
  backend.settings = {{.name = "tsm_root", .kind = Kind::kText},
                      {.name = "device", .kind = Kind::kText},
                      {.name = "qgs", .kind = Kind::kText},
                      {.name = "ccel", .kind = Kind::kText},
                      {.name = "measurements_root", .kind = Kind::kText},
                      {.name = "allow_debug", .kind = Kind::kBoolean}};
  backend.validate = Validate;
  backend.files = Files;
  backend.probe = Probe;
  backend.create = Create;
  return backend;
}

}  // namespace attestd::tee::tdx
