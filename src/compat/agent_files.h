// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_COMPAT_AGENT_FILES_H_
#define ATTESTD_COMPAT_AGENT_FILES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "compat/kbc_params.h"
#include "compat/upstream_table.h"

namespace attestd::compat {

// What attestation-agent's and confidential-data-hub's files say that attestd does too. Values are
// not judged here beyond their form.
struct UpstreamConfig {
  std::string source;            // where it was read; empty: nowhere
  std::optional<KbcParams> kbc;  // absent: the file names no broker
  std::string ca;                // PEM text of the broker's authority
  std::string tee_key;           // a word of [[kbs]] tee_key
  std::string coco_as;           // url of an attestation service; empty: none
  std::string socket;            // "unix:///path"
  std::optional<bool> event_log;
  std::optional<bool> skip_signatures;  // of sealed secrets
  std::optional<int64_t> pcr;           // for events that name no register
  std::vector<Credential> credentials;
  std::vector<std::string> notes;  // keys that have no effect here, for the log
};

// aa.toml: [token_configs.kbs], [token_configs.coco_as], [eventlog_config], [log].
// InvalidArgument names the file, the line, the key and what to do: syntax, a wrong type, a key
// that cannot be honoured.
absl::StatusOr<UpstreamConfig> ParseAaConfig(const Document& document);

// cdh.toml: socket, [aa], [kbc], [[credentials]], [image], [log], skip_sealed_secret_verification.
absl::StatusOr<UpstreamConfig> ParseCdhConfig(const Document& document);

// The file `name` ("aa.toml") out of [data] of init data that evidence::ParseInitData takes; ""
// when there is none. Characters beyond ASCII come back as "?".
absl::StatusOr<std::string> FileOfInitData(const std::string& init_data, const std::string& name);

}  // namespace attestd::compat

#endif  // ATTESTD_COMPAT_AGENT_FILES_H_
