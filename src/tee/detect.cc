// SPDX-License-Identifier: Apache-2.0
#include "tee/detect.h"

namespace attestd::tee {
namespace {

std::string Names(std::span<const Backend> backends) {
  std::string names = "auto";
  for (const Backend& backend : backends) {
    names += ", " + backend.name;
  }
  return names;
}

Settings SettingsOf(const SettingsByBackend& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? Settings{} : found->second;
}

absl::StatusOr<const Backend*> FirstPresent(std::span<const Backend> backends,
                                            const SettingsByBackend& settings) {
  std::string seen;
  for (const Backend& backend : backends) {
    if (backend.fake) {
      continue;
    }
    const ProbeResult result = backend.probe(SettingsOf(settings, backend.name));
    if (result.present) {
      return &backend;
    }
    seen += (seen.empty() ? "" : "; ") + backend.name + ": " + result.seen;
  }
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
                          "no TEE was found (" +
                              (seen.empty() ? "this build probes for none" : seen) +
                              "); set [tee] backend to one of: " + Names(backends) +
                              ", and that backend's own table if its device lies elsewhere");
}

}  // namespace

absl::StatusOr<const Backend*> SelectBackend(std::span<const Backend> backends,
                                             std::string_view word,
                                             const SettingsByBackend& settings) {
  if (word == "auto") {
    return FirstPresent(backends, settings);
  }
  for (const Backend& backend : backends) {
    if (backend.name == word) {
      return &backend;
    }
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "no backend \"" + std::string(word) +
                              "\" in this build; set [tee] backend to one of: " + Names(backends));
}

}  // namespace attestd::tee
