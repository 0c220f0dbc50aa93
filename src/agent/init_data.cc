// SPDX-License-Identifier: Apache-2.0
#include "agent/init_data.h"

#include <string>
#include <utility>

#include "base/file.h"

namespace attestd::agent {
namespace {

// It goes into each handshake, and brokers take two MiB with the evidence.
constexpr size_t kMaxInitData = size_t{512} << 10;

absl::StatusOr<evidence::InitData> Load(const std::string& file) {
  ASSIGN_OR_RETURN(std::string text, base::ReadTrustedFile(file, kMaxInitData));
  return evidence::ParseInitData(std::move(text));
}

}  // namespace

absl::StatusOr<std::optional<evidence::InitData>> LoadInitData(const InitDataConfig& config) {
  if (!config.digest.empty()) {
    return evidence::InitData{.text = "", .digest = config.digest};
  }
  if (config.file.empty()) {
    return std::nullopt;
  }
  absl::StatusOr<evidence::InitData> init_data = Load(config.file);
  if (!init_data.ok()) {
    return base::Annotate(init_data.status(), "[init_data] file " + config.file);
  }
  return *std::move(init_data);
}

}  // namespace attestd::agent
