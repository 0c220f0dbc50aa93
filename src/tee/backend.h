// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_BACKEND_H_
#define ATTESTD_TEE_BACKEND_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "evidence/evidence_source.h"

namespace attestd::tee {

// One key of a backend's own configuration table.
struct SettingSpec {
  enum class Kind { kText, kInteger, kBoolean };
  std::string name;
  Kind kind = Kind::kText;
};

// A backend's configuration table as read; only keys that the backend declares, of their kind.
using Settings = std::map<std::string, std::variant<std::string, int64_t, bool>>;

// What the agent lends a source.
struct SourceContext {
  // The agent's log of run-time measurements, for evidence that carries it. It need not exist.
  std::string event_log;
};

// A file, device or folder that a source, or its probe, opens.
struct FileUse {
  enum class How {
    kRead,
    kWrite,   // a folder in which it makes, changes and removes
    kDevice,  // read, written and controlled
  };
  std::string path;
  How how = How::kRead;
};

// What a probe saw.
struct ProbeResult {
  bool present = false;
  std::string seen;  // for people: "/dev/tpmrm0 is there"
};

// The contract of a platform: each folder under src/tee defines
//   namespace attestd::tee::<folder> { Backend MakeBackend(); }
// and is named once, in TEE_BACKENDS, which also gives the order in which "auto" probes.
struct Backend {
  // The word in TEE_BACKENDS, in `[tee] backend` and the name of the backend's own table.
  std::string name;
  // Fakes are never chosen by "auto" and need `allow_sample = true`.
  bool fake = false;
  // A device beside the platform, whose evidence goes along with the platform's: chosen by
  // `[tee] devices`, never by `[tee] backend`.
  bool device = false;
  std::vector<SettingSpec> settings;
  // InvalidArgument naming the key when a value makes no sense. Touches no device.
  absl::Status (*validate)(const Settings& settings) = nullptr;
  // What the sandbox must let it open, beside what lies in /usr, /etc, /proc and /sys, which it may
  // read; null for nothing. Settings are valid.
  std::vector<FileUse> (*files)(const Settings& settings) = nullptr;
  // Looks for the platform and leaves nothing behind. Settings are valid.
  ProbeResult (*probe)(const Settings& settings) = nullptr;
  // Touches no device yet, that is EvidenceSource::Check, except where only the device can tell
  // the source's name (EvidenceSource::tee): then it is looked at once, and a failure is what Check
  // says. Never null. Settings are valid.
  std::unique_ptr<evidence::EvidenceSource> (*create)(const Settings& settings,
                                                      const SourceContext& context) = nullptr;
};

// The backends that were built in, in the order of TEE_BACKENDS.
std::vector<Backend> BuiltInBackends();

}  // namespace attestd::tee

#endif  // ATTESTD_TEE_BACKEND_H_
