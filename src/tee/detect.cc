// SPDX-License-Identifier: Apache-2.0
#include "tee/detect.h"

#include <algorithm>

namespace attestd::tee {
namespace {

constexpr std::string_view kAuto = "auto";

// What [tee] backend may be.
std::string Names(std::span<const Backend> backends) {
  std::string names(kAuto);
  for (const Backend& backend : backends) {
    if (!backend.device) {
      names += ", " + backend.name;
    }
  }
  return names;
}

bool IsForAuto(const Backend& backend) { return !backend.fake && !backend.device; }

absl::StatusOr<const Backend*> FirstPresent(std::span<const Backend> backends,
                                            const SettingsByBackend& settings) {
  std::string seen;
  for (const Backend& backend : backends) {
    if (!IsForAuto(backend)) {
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

std::string WhyChosen(const Backend& backend, const Choice& choice) {
  if (backend.device) {
    return "named by [tee] devices";
  }
  return choice.word == kAuto ? "auto: the first that is there" : "named by [tee] backend";
}

// `earlier`: the chosen backend comes before this one.
std::string WhyNot(const Backend& backend, const Choice& choice, bool present, bool earlier) {
  if (backend.device) {
    return "a device: only by [tee] devices";
  }
  if (backend.fake) {
    return "a fake: only by [tee] backend";
  }
  if (choice.word != kAuto) {
    return "[tee] backend names another";
  }
  if (!present) {
    return "not there";
  }
  return earlier ? "auto found another first" : "was not there when attestd started";
}

}  // namespace

Settings SettingsOf(const SettingsByBackend& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? Settings{} : found->second;
}

absl::StatusOr<const Backend*> SelectBackend(std::span<const Backend> backends,
                                             std::string_view word,
                                             const SettingsByBackend& settings) {
  if (word == kAuto) {
    return FirstPresent(backends, settings);
  }
  for (const Backend& backend : backends) {
    if (backend.name == word && !backend.device) {
      return &backend;
    }
    if (backend.name == word) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              "\"" + backend.name +
                                  "\" is a device beside the platform: name it in [tee] devices, "
                                  "and set [tee] backend to one of: " +
                                  Names(backends));
    }
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "no backend \"" + std::string(word) +
                              "\" in this build; set [tee] backend to one of: " + Names(backends));
}

std::vector<Detected> ExplainChoice(std::span<const Backend> backends, const Choice& choice,
                                    const SettingsByBackend& settings) {
  std::vector<Detected> explained;
  bool earlier = false;
  for (const Backend& backend : backends) {
    Detected detected{.name = backend.name,
                      .probe = backend.probe(SettingsOf(settings, backend.name)),
                      .chosen = backend.name == choice.backend,
                      .why = {}};
    if (backend.device) {
      detected.chosen = std::find(choice.devices.begin(), choice.devices.end(), backend.name) !=
                        choice.devices.end();
    }
    detected.why = detected.chosen ? WhyChosen(backend, choice)
                                   : WhyNot(backend, choice, detected.probe.present, earlier);
    earlier = earlier || detected.chosen;
    explained.push_back(std::move(detected));
  }
  return explained;
}

}  // namespace attestd::tee
