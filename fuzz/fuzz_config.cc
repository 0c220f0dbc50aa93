// SPDX-License-Identifier: Apache-2.0
// The configuration file.
// Covers: src/agent/config.cc src/agent/credential_config.cc src/agent/tee_config.cc
// Covers: src/agent/unseal_config.cc src/agent/listener_config.cc src/base/toml_table.cc
#include <vector>

#include "agent/config.h"
#include "fuzz/fuzz_target.h"

namespace {

absl::Status Validate(const attestd::tee::Settings& settings) {
  return settings.contains("handle") && settings.contains("device")
             ? attestd::base::MakeStatus(absl::StatusCode::kInvalidArgument, "handle or device")
             : absl::OkStatus();
}

}  // namespace

FUZZ_TARGET(input) {
  static const std::vector<attestd::tee::Backend> kBackends = {
      {.name = "real",
       .settings = {{.name = "device"},
                    {.name = "handle", .kind = attestd::tee::SettingSpec::Kind::kInteger}}},
      {.name = "gpu",
       .device = true,
       .settings = {{.name = "handle", .kind = attestd::tee::SettingSpec::Kind::kInteger},
                    {.name = "device", .kind = attestd::tee::SettingSpec::Kind::kBoolean}},
       .validate = Validate},
      {.name = "sample_device", .fake = true, .device = true, .settings = {}},
      {.name = "sample", .fake = true, .settings = {}}};
  const auto config =
      attestd::agent::ParseConfig(attestd::base::AsText(input), "fuzz.toml", kBackends);
  if (config.ok()) {
    FUZZ_CHECK(!config->brokers.empty() && !config->listeners.empty());
    FUZZ_CHECK(config->tee.backend != "sample" || config->tee.allow_sample);
    FUZZ_CHECK(config->tee.devices.size() <= 2);
    FUZZ_CHECK(config->measurement.default_pcr <= 23);
  }
}
