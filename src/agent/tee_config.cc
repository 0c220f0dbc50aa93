// SPDX-License-Identifier: Apache-2.0
#include "agent/tee_config.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/encoding.h"

namespace attestd::agent {
namespace {

const tee::Backend* Find(std::span<const tee::Backend> backends, std::string_view name) {
  const auto found = std::find_if(backends.begin(), backends.end(),
                                  [&](const tee::Backend& b) { return b.name == name; });
  return found == backends.end() ? nullptr : &*found;
}

// Names of the platforms or of the devices that were built in.
std::string Names(std::span<const tee::Backend> backends, bool devices) {
  std::string names = devices ? "" : "auto";
  for (const tee::Backend& backend : backends) {
    if (backend.device == devices) {
      names += (names.empty() ? "" : ", ") + backend.name;
    }
  }
  return names.empty() ? "none: this build has no devices" : names;
}

absl::Status RefuseFake(const base::TomlTable& table, std::string_view key,
                        const std::string& name) {
  return table.Error(key, "\"" + name +
                              "\" makes evidence that proves nothing; for development add "
                              "allow_sample = true");
}

absl::Status CheckBackend(const base::TomlTable& table, const TeeConfig& tee,
                          std::span<const tee::Backend> backends) {
  if (tee.backend == "auto") {
    return absl::OkStatus();
  }
  const tee::Backend* backend = Find(backends, tee.backend);
  if (backend == nullptr) {
    return table.Error("backend",
                       "\"" + tee.backend + "\" is not built in; choose " + Names(backends, false));
  }
  if (backend->device) {
    return table.Error("backend", "\"" + tee.backend +
                                      "\" is a device beside the platform; name it in devices, and "
                                      "choose here " +
                                      Names(backends, false));
  }
  return backend->fake && !tee.allow_sample ? RefuseFake(table, "backend", tee.backend)
                                            : absl::OkStatus();
}

absl::Status CheckDevice(const base::TomlTable& table, const TeeConfig& tee,
                         const std::string& name, std::span<const tee::Backend> backends) {
  const tee::Backend* backend = Find(backends, name);
  if (backend == nullptr) {
    return table.Error("devices",
                       "\"" + name + "\" is not built in; choose " + Names(backends, true));
  }
  if (!backend->device) {
    return table.Error("devices", "\"" + name +
                                      "\" is a platform, no device beside one; name it in backend, "
                                      "and choose here " +
                                      Names(backends, true));
  }
  if (std::count(tee.devices.begin(), tee.devices.end(), name) > 1) {
    return table.Error("devices", "\"" + name + "\" is given twice");
  }
  return backend->fake && !tee.allow_sample ? RefuseFake(table, "devices", name) : absl::OkStatus();
}

// Takes over the value of one key, if it is there.
template <typename T>
absl::Status Keep(absl::StatusOr<std::optional<T>> value, const std::string& name,
                  tee::Settings& settings) {
  RETURN_IF_ERROR(value.status());
  if (value->has_value()) {
    settings.emplace(name, *std::move(*value));
  }
  return absl::OkStatus();
}

absl::Status ReadSetting(base::TomlTable& table, const tee::SettingSpec& spec,
                         tee::Settings& settings) {
  switch (spec.kind) {
    case tee::SettingSpec::Kind::kText:
      return Keep(table.Text(spec.name), spec.name, settings);
    case tee::SettingSpec::Kind::kBoolean:
      return Keep(table.Boolean(spec.name), spec.name, settings);
    case tee::SettingSpec::Kind::kInteger:
      return Keep(table.Integer(spec.name), spec.name, settings);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TeeConfig> ReadTee(base::TomlTable table, std::span<const tee::Backend> backends) {
  TeeConfig tee;
  ASSIGN_OR_RETURN(const auto backend, table.Text("backend"));
  ASSIGN_OR_RETURN(tee.devices, table.Texts("devices"));
  ASSIGN_OR_RETURN(const auto allow_sample, table.Boolean("allow_sample"));
  ASSIGN_OR_RETURN(const auto caller_data, table.Text("caller_data"));
  RETURN_IF_ERROR(table.Finish());
  if (caller_data.has_value() && caller_data != "raw" && caller_data != "tagged") {
    return table.Error("caller_data", R"(expected "raw" or "tagged")");
  }
  if (caller_data == "tagged") {
    tee.caller_data = evidence::CallerData::kTagged;
  }
  tee.backend = backend.value_or(tee.backend);
  tee.allow_sample = allow_sample.value_or(false);
  RETURN_IF_ERROR(CheckBackend(table, tee, backends));
  for (const std::string& name : tee.devices) {
    RETURN_IF_ERROR(CheckDevice(table, tee, name, backends));
  }
  return tee;
}

absl::StatusOr<MeasurementConfig> ReadMeasurement(base::TomlTable table) {
  MeasurementConfig measurement;
  ASSIGN_OR_RETURN(const auto enabled, table.Boolean("enabled"));
  ASSIGN_OR_RETURN(const auto event_log, table.Text("event_log"));
  ASSIGN_OR_RETURN(const auto default_pcr, table.Integer("default_pcr"));
  RETURN_IF_ERROR(table.Finish());
  measurement.enabled = enabled.value_or(measurement.enabled);
  measurement.event_log = event_log.value_or(measurement.event_log);
  if (!measurement.event_log.starts_with('/') || measurement.event_log.ends_with('/')) {
    return table.Error("event_log", "expected the absolute path of a file");
  }
  // Which of them may be extended is the platform's to say.
  if (default_pcr.has_value() && (*default_pcr < 0 || *default_pcr > 23)) {
    return table.Error("default_pcr", "expected a PCR number, 0 to 23");
  }
  measurement.default_pcr =
      static_cast<uint64_t>(default_pcr.value_or(static_cast<int64_t>(measurement.default_pcr)));
  return measurement;
}

absl::StatusOr<InitDataConfig> ReadInitData(base::TomlTable table) {
  InitDataConfig init_data;
  ASSIGN_OR_RETURN(std::optional<std::string> file, table.Text("file"));
  ASSIGN_OR_RETURN(const std::optional<std::string> digest, table.Text("digest"));
  ASSIGN_OR_RETURN(const std::optional<bool> required, table.Boolean("required"));
  RETURN_IF_ERROR(table.Finish());
  if (file.has_value() && !file->starts_with('/')) {
    return table.Error("file", "expected the absolute path of a file");
  }
  if (file.has_value() && digest.has_value()) {
    return table.Error("digest", "is given beside file, which has one; keep one of the two");
  }
  if (digest.has_value()) {
    const absl::StatusOr<base::Bytes> bytes = base::Base64Decode(*digest);
    if (!bytes.ok() || (bytes->size() != 32 && bytes->size() != 48 && bytes->size() != 64)) {
      return table.Error("digest", "expected 32, 48 or 64 bytes in Base64");
    }
    init_data.digest = *bytes;
  }
  init_data.file = std::move(file).value_or("");
  init_data.required = required.value_or(false);
  return init_data;
}

absl::StatusOr<tee::Settings> ReadBackend(base::TomlTable table, const tee::Backend& backend) {
  tee::Settings settings;
  for (const tee::SettingSpec& spec : backend.settings) {
    RETURN_IF_ERROR(ReadSetting(table, spec, settings));
  }
  RETURN_IF_ERROR(table.Finish());
  if (backend.validate != nullptr) {
    if (const absl::Status status = backend.validate(settings); !status.ok()) {
      return table.Error("", std::string(status.message()));
    }
  }
  return settings;
}

}  // namespace attestd::agent
