// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_TEE_CONFIG_H_
#define ATTESTD_AGENT_TEE_CONFIG_H_

#include <span>

#include "agent/config.h"
#include "base/toml_table.h"

// Parts of ParseConfig that know platforms and devices.
namespace attestd::agent {

absl::StatusOr<TeeConfig> ReadTee(base::TomlTable table, std::span<const tee::Backend> backends);
absl::StatusOr<InitDataConfig> ReadInitData(base::TomlTable table);
absl::StatusOr<MeasurementConfig> ReadMeasurement(base::TomlTable table);
// A backend's own table.
absl::StatusOr<tee::Settings> ReadBackend(base::TomlTable table, const tee::Backend& backend);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_TEE_CONFIG_H_
