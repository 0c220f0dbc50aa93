// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <memory>
#include <string>
#include <vector>

#include "tee/cca/cca_source.h"
#include "tee/settings.h"
#include "tee/tsm/tsm_report.h"

namespace attestd::tee::cca {
namespace {

std::string TsmRoot(const Settings& settings) {
  return Value<std::string>(settings, "tsm_root", tsm::kDefaultRoot);
}

absl::Status Validate(const Settings& settings) {
  const std::string root = TsmRoot(settings);
  if (!root.starts_with('/')) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "tsm_root: \"" + root + "\" is no absolute path");
  }
  return absl::OkStatus();
}

std::vector<FileUse> Files(const Settings& settings) {
  return {{.path = TsmRoot(settings), .how = FileUse::How::kWrite}};
}

ProbeResult Probe(const Settings& settings) {
  const std::string root = TsmRoot(settings);
  const absl::Status status = tsm::TsmReporter(root, kTsmProvider).Check();
  if (!status.ok()) {
    return {.present = false, .seen = std::string(status.message())};
  }
  return {.present = true, .seen = root + " has provider " + kTsmProvider};
}

std::unique_ptr<evidence::EvidenceSource> Create(const Settings& settings,
                                                 const SourceContext& /*context*/) {
  return std::make_unique<CcaSource>(TsmRoot(settings));
}

}  // namespace

Backend MakeBackend() {
  Backend backend;
  backend.name = "cca";
  backend.settings = {{.name = "tsm_root", .kind = SettingSpec::Kind::kText}};
  backend.validate = Validate;
  backend.files = Files;
  backend.probe = Probe;
  backend.create = Create;
  return backend;
}

}  // namespace attestd::tee::cca
