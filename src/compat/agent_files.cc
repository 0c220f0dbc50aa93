// SPDX-License-Identifier: Apache-2.0
#include "compat/agent_files.h"

#include <algorithm>
#include <array>
#include <utility>

namespace attestd::compat {
namespace {

struct KeyAlgorithm {
  std::string_view upstream;
  std::string_view ours;
};
// guest-components kbs_protocol: the key of the TEE and how the broker wraps to it.
constexpr std::array<KeyAlgorithm, 3> kKeyAlgorithms = {{{"ECDH-ES+A256KW-P256", "P-256"},
                                                         {"ECDH-ES+A256KW-P521", "P-521"},
                                                         {"RSA-OAEP-256", "RSA-2048"}}};

absl::StatusOr<std::string> ReadKeyAlgorithm(UpstreamTable& kbs) {
  ASSIGN_OR_RETURN(const std::string word, kbs.Text("tee_key_algorithm"));
  if (word.empty()) {
    return word;
  }
  const auto* const found =
      std::find_if(kKeyAlgorithms.begin(), kKeyAlgorithms.end(),
                   [&](const KeyAlgorithm& entry) { return entry.upstream == word; });
  if (found == kKeyAlgorithms.end()) {
    return kbs.Error("tee_key_algorithm",
                     "expected ECDH-ES+A256KW-P256, ECDH-ES+A256KW-P521 or RSA-OAEP-256; attestd "
                     "has no other kind of key");
  }
  return std::string(found->ours);
}

absl::Status ReadTokenConfigs(UpstreamTable& root, UpstreamConfig& config) {
  ASSIGN_OR_RETURN(UpstreamTable tokens, root.Table("token_configs"));
  ASSIGN_OR_RETURN(UpstreamTable coco_as, tokens.Table("coco_as"));
  ASSIGN_OR_RETURN(config.coco_as, coco_as.Text("url"));
  coco_as.NoteUnknown(config.notes);
  ASSIGN_OR_RETURN(UpstreamTable kbs, tokens.Table("kbs"));
  ASSIGN_OR_RETURN(const std::string url, kbs.Text("url"));
  if (!url.empty()) {
    config.kbc = KbcParams{.offline = false, .url = url};
  }
  ASSIGN_OR_RETURN(config.ca, kbs.Text("cert"));
  ASSIGN_OR_RETURN(config.tee_key, ReadKeyAlgorithm(kbs));
  kbs.NoteUnknown(config.notes);
  tokens.NoteUnknown(config.notes);
  return absl::OkStatus();
}

void NoteLog(UpstreamTable& root, UpstreamConfig& config) {
  if (root.Has("log")) {
    config.notes.push_back(root.Note("log", "has no effect: attestd's log has no levels"));
  }
}

absl::Status ReadKbc(UpstreamTable& root, UpstreamConfig& config) {
  ASSIGN_OR_RETURN(UpstreamTable kbc, root.Table("kbc"));
  ASSIGN_OR_RETURN(const std::string name, kbc.Text("name"));
  ASSIGN_OR_RETURN(const std::string url, kbc.Text("url"));
  ASSIGN_OR_RETURN(config.ca, kbc.Text("kbs_cert"));
  kbc.NoteUnknown(config.notes);
  if (!root.Has("kbc")) {
    return absl::OkStatus();
  }
  if (name.empty()) {
    return kbc.Error("name", "is missing; write cc_kbc or offline_fs_kbc");
  }
  if (name == "cc_kbc" && url.empty()) {
    return absl::OkStatus();  // another source may name it
  }
  const absl::StatusOr<KbcParams> params = MakeKbcParams(name, url);
  if (!params.ok()) {
    return kbc.Error("name", std::string(params.status().message()));
  }
  config.kbc = *params;
  return absl::OkStatus();
}

absl::Status ReadCredentials(UpstreamTable& root, UpstreamConfig& config) {
  ASSIGN_OR_RETURN(std::vector<UpstreamTable> entries, root.Tables("credentials"));
  for (UpstreamTable& entry : entries) {
    Credential credential;
    ASSIGN_OR_RETURN(credential.uri, entry.Text("resource_uri"));
    ASSIGN_OR_RETURN(credential.path, entry.Text("path"));
    if (credential.uri.empty()) {
      return entry.Error("resource_uri", "is missing");
    }
    if (const absl::Status status = CheckCredentialPath(credential.path); !status.ok()) {
      return entry.Error("path", std::string(status.message()));
    }
    entry.NoteUnknown(config.notes);
    config.credentials.push_back(std::move(credential));
  }
  return absl::OkStatus();
}

// Only what stands around the texts is read, and the parser takes ASCII.
std::string AsciiOnly(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7f; }, '?');
  return text;
}

}  // namespace

absl::StatusOr<UpstreamConfig> ParseAaConfig(const Document& document) {
  ASSIGN_OR_RETURN(const toml::table parsed, ParseUpstreamFile(document));
  UpstreamTable root(parsed, document.path, "");
  UpstreamConfig config;
  RETURN_IF_ERROR(ReadTokenConfigs(root, config));
  ASSIGN_OR_RETURN(UpstreamTable event_log, root.Table("eventlog_config"));
  ASSIGN_OR_RETURN(config.event_log, event_log.Boolean("enable_eventlog"));
  ASSIGN_OR_RETURN(config.pcr, event_log.Integer("init_pcr"));
  event_log.NoteUnknown(config.notes);
  NoteLog(root, config);
  root.NoteUnknown(config.notes);
  return config;
}

absl::StatusOr<UpstreamConfig> ParseCdhConfig(const Document& document) {
  ASSIGN_OR_RETURN(const toml::table parsed, ParseUpstreamFile(document));
  UpstreamTable root(parsed, document.path, "");
  UpstreamConfig config;
  ASSIGN_OR_RETURN(config.socket, root.Text("socket"));
  RETURN_IF_ERROR(ReadKbc(root, config));
  RETURN_IF_ERROR(ReadCredentials(root, config));
  if (root.Has("aa")) {
    config.notes.push_back(
        root.Note("aa", "has no effect: attestd attests by itself and asks no other agent"));
  }
  if (root.Has("image")) {
    config.notes.push_back(root.Note("image", "has no effect: attestd pulls no images"));
  }
  ASSIGN_OR_RETURN(config.skip_signatures, root.Boolean("skip_sealed_secret_verification"));
  NoteLog(root, config);
  root.NoteUnknown(config.notes);
  return config;
}

absl::StatusOr<std::string> FileOfInitData(const std::string& init_data, const std::string& name) {
  ASSIGN_OR_RETURN(const toml::table parsed, base::ParseToml(AsciiOnly(init_data), "init data"));
  UpstreamTable root(parsed, "init data", "");
  ASSIGN_OR_RETURN(UpstreamTable files, root.Table("data"));
  return files.Text(name);
}

}  // namespace attestd::compat
