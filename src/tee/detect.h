// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_DETECT_H_
#define ATTESTD_TEE_DETECT_H_

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tee/backend.h"

namespace attestd::tee {

// Tables of the configuration, by backend name; a missing one means defaults.
using SettingsByBackend = std::map<std::string, Settings>;

// The table of a backend, or an empty one.
Settings SettingsOf(const SettingsByBackend& settings, const std::string& name);

// The backend that `word` names, or for "auto" the first whose probe finds its platform; neither a
// fake nor a device is found by "auto". The result points into `backends`.
// InvalidArgument: unknown word or that of a device, listing what can be chosen.
// FailedPrecondition: "auto" found none, with what each probe saw.
absl::StatusOr<const Backend*> SelectBackend(std::span<const Backend> backends,
                                             std::string_view word,
                                             const SettingsByBackend& settings);

// What runs, and how it was chosen.
struct Choice {
  std::string word;     // of [tee] backend
  std::string backend;  // the name that SelectBackend found for it
  std::vector<std::string> devices;
};

// One backend's probe, for people.
struct Detected {
  std::string name;
  ProbeResult probe;
  bool chosen = false;
  std::string why;  // "the first that is there", "named by [tee] backend", "a fake: never by auto"
};

// Runs every probe in the order in which "auto" takes them.
std::vector<Detected> ExplainChoice(std::span<const Backend> backends, const Choice& choice,
                                    const SettingsByBackend& settings);

}  // namespace attestd::tee

#endif  // ATTESTD_TEE_DETECT_H_
