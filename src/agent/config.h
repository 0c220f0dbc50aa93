// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CONFIG_H_
#define ATTESTD_AGENT_CONFIG_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/access_config.h"
#include "agent/coco_as_config.h"
#include "agent/credential_config.h"
#include "agent/kbs_config.h"
#include "agent/listener_config.h"
#include "agent/sandbox_config.h"
#include "agent/secure_mount_config.h"
#include "agent/systemd_credential.h"
#include "agent/unseal_config.h"
#include "base/bytes.h"
#include "base/status.h"
#include "evidence/caller_data.h"
#include "tee/backend.h"
#include "tee/detect.h"

namespace attestd::agent {

// [tee]
struct TeeConfig {
  std::string backend = "auto";
  std::vector<std::string> devices;  // backends of devices beside the platform; each once
  bool allow_sample = false;
  evidence::CallerData caller_data = evidence::CallerData::kRaw;
};

// [measurement]: events that workloads measure into registers of the platform.
struct MeasurementConfig {
  bool enabled = false;
  // guest-components' place. Whatever outlives a boot would not replay to registers that do not.
  std::string event_log = "/run/attestation-agent/eventlog";
  // For requests that name no register, by PCR number: one that a TPM extends at locality 0, and
  // that a TDX guest maps to RTMR3.
  uint64_t default_pcr = 23;
};

// [init_data]: what whoever launched the VM gave it.
struct InitDataConfig {
  std::string file;       // empty: none
  base::Bytes digest;     // of a text that is not known; empty with `file`
  bool required = false;  // attestd ends when the platform is bound to other init data
};

struct Config {
  TeeConfig tee;
  MeasurementConfig measurement;
  InitDataConfig init_data;
  UnsealConfig unseal;
  KeyProviderConfig key_provider;
  SecureMountConfig secure_mount;
  SandboxConfig sandbox;
  tee::SettingsByBackend backend_settings;
  FailoverConfig failover;
  CocoAsConfig coco_as;
  std::vector<BrokerConfig> brokers;      // at least one; names are unique
  std::vector<ListenerConfig> listeners;  // at least one; each at its own place
  std::vector<policy::Rule> rules;        // of the listeners' principals
  LimitsConfig limits;
  AuditConfig audit;
  std::vector<CredentialConfig> credentials;  // paths are unique
  std::vector<SystemdCredential> systemd;     // each for another credential or volume
  // Files that it was read from, and that were written for it; a reload does both again.
  std::vector<std::string> sources;
  std::vector<std::string> written;
};

// Reads and validates TOML. InvalidArgument "source:line: key: what to change" for a syntax error,
// an unknown key, a wrong type or a value that makes no sense. `backends` are those built in.
absl::StatusOr<Config> ParseConfig(std::string_view text, const std::string& source,
                                   std::span<const tee::Backend> backends);

// The same from a regular file of at most 1 MiB that only root and this process's user may write;
// its errors name the path.
absl::StatusOr<Config> LoadConfig(const std::string& path, std::span<const tee::Backend> backends);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CONFIG_H_
