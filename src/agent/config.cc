// SPDX-License-Identifier: Apache-2.0
#include "agent/config.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "agent/tee_config.h"
#include "base/file.h"
#include "base/text.h"
#include "base/toml_table.h"

namespace attestd::agent {
namespace {

constexpr size_t kMaxConfigBytes = size_t{1} << 20;

// Refuses two entries with the same value of a key.
template <typename Entry>
absl::Status RefuseTwins(const std::vector<Entry>& entries, std::string Entry::*key,
                         const std::string& what) {
  for (size_t i = 0; i < entries.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (entries[i].*key == entries[k].*key) {
        return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                                what + " \"" + entries[i].*key + "\" is given twice");
      }
    }
  }
  return absl::OkStatus();
}

// Secrets for systemd need a socket that it asks.
absl::Status CheckSystemd(const Config& config) {
  const bool asked = std::any_of(
      config.listeners.begin(), config.listeners.end(),
      [](const ListenerConfig& one) { return one.service.protocol == Protocol::kSystemd; });
  return config.systemd.empty() || asked
             ? absl::OkStatus()
             : base::MakeStatus(absl::StatusCode::kInvalidArgument,
                                "[[systemd_credential]] needs a [[listener]] with protocol = "
                                "\"systemd\" and a path of its own");
}

bool SaysWhat(const Config& config, const std::string& principal) {
  return std::any_of(config.rules.begin(), config.rules.end(),
                     [&](const policy::Rule& rule) { return rule.principal == principal; }) ||
         std::any_of(config.listeners.begin(), config.listeners.end(),
                     [&](const ListenerConfig& one) {
                       return one.access.principal == principal && !one.access.rights.empty();
                     });
}

absl::Status CheckRules(const Config& config) {
  for (const ListenerConfig& listener : config.listeners) {
    if (listener.service.protocol != Protocol::kSystemd &&
        !SaysWhat(config, listener.access.principal)) {
      return base::MakeStatus(
          absl::StatusCode::kInvalidArgument,
          "[[listener]] " + base::Escaped(listener.name()) +
              ": rights: say what its clients may do, for example rights = [\"resource\"] and "
              "allow = [\"kbs:///app1/*\"]");
    }
  }
  for (const policy::Rule& rule : config.rules) {
    const bool known = std::any_of(
        config.listeners.begin(), config.listeners.end(),
        [&](const ListenerConfig& one) { return one.access.principal == rule.principal; });
    if (!known) {
      return base::MakeStatus(
          absl::StatusCode::kInvalidArgument,
          "[[rule]] principal " + base::Escaped(rule.principal) + ": no [[listener]] has it");
    }
  }
  return absl::OkStatus();
}

class Reader {
 public:
  Reader(const toml::table& root, std::string source, std::span<const tee::Backend> backends)
      : source_(std::move(source)), root_(root, source_, ""), backends_(backends) {}

  absl::StatusOr<Config> Read() {
    Config config;
    RETURN_IF_ERROR(ReadPlatform(config));
    RETURN_IF_ERROR(ReadServices(config));
    RETURN_IF_ERROR(ReadArrays(config));
    RETURN_IF_ERROR(root_.Finish());
    RETURN_IF_ERROR(Complete(config));
    return config;
  }

 private:
  absl::Status ReadPlatform(Config& config) {
    ASSIGN_OR_RETURN(const toml::table* tee, Table("tee"));
    ASSIGN_OR_RETURN(config.tee, ReadTee(base::TomlTable(*tee, source_, "[tee]"), backends_));
    ASSIGN_OR_RETURN(const toml::table* measurement, Table("measurement"));
    ASSIGN_OR_RETURN(config.measurement,
                     ReadMeasurement(base::TomlTable(*measurement, source_, "[measurement]")));
    ASSIGN_OR_RETURN(const toml::table* init_data, Table("init_data"));
    ASSIGN_OR_RETURN(config.init_data,
                     ReadInitData(base::TomlTable(*init_data, source_, "[init_data]")));
    ASSIGN_OR_RETURN(const toml::table* unseal, Table("unseal"));
    ASSIGN_OR_RETURN(config.unseal, ReadUnseal(base::TomlTable(*unseal, source_, "[unseal]")));
    ASSIGN_OR_RETURN(const toml::table* provider, Table("key_provider"));
    ASSIGN_OR_RETURN(config.key_provider,
                     ReadKeyProvider(base::TomlTable(*provider, source_, "[key_provider]")));
    for (const tee::Backend& backend : backends_) {
      ASSIGN_OR_RETURN(const toml::table* table, Table(backend.name));
      ASSIGN_OR_RETURN(
          config.backend_settings[backend.name],
          ReadBackend(base::TomlTable(*table, source_, "[" + backend.name + "]"), backend));
    }
    return absl::OkStatus();
  }

  absl::Status ReadServices(Config& config) {
    ASSIGN_OR_RETURN(const toml::table* secure_mount, Table("secure_mount"));
    ASSIGN_OR_RETURN(config.secure_mount,
                     ReadSecureMount(base::TomlTable(*secure_mount, source_, "[secure_mount]")));
    ASSIGN_OR_RETURN(const toml::table* sandbox, Table("sandbox"));
    ASSIGN_OR_RETURN(config.sandbox, ReadSandbox(base::TomlTable(*sandbox, source_, "[sandbox]")));
    ASSIGN_OR_RETURN(const toml::table* failover, Table("failover"));
    ASSIGN_OR_RETURN(config.failover,
                     ReadFailover(base::TomlTable(*failover, source_, "[failover]")));
    ASSIGN_OR_RETURN(const toml::table* coco_as, Table("coco_as"));
    ASSIGN_OR_RETURN(config.coco_as, ReadCocoAs(base::TomlTable(*coco_as, source_, "[coco_as]")));
    ASSIGN_OR_RETURN(const toml::table* limits, Table("limits"));
    ASSIGN_OR_RETURN(config.limits, ReadLimits(base::TomlTable(*limits, source_, "[limits]")));
    ASSIGN_OR_RETURN(const toml::table* audit, Table("audit"));
    ASSIGN_OR_RETURN(config.audit, ReadAudit(base::TomlTable(*audit, source_, "[audit]")));
    return absl::OkStatus();
  }

  absl::Status ReadArrays(Config& config) {
    RETURN_IF_ERROR(ReadArray("kbs", [&](base::TomlTable table) -> absl::Status {
      ASSIGN_OR_RETURN(config.brokers.emplace_back(), ReadBroker(std::move(table)));
      return absl::OkStatus();
    }));
    RETURN_IF_ERROR(ReadArray("listener", [&](base::TomlTable table) -> absl::Status {
      ASSIGN_OR_RETURN(config.listeners.emplace_back(), ReadListener(std::move(table)));
      return absl::OkStatus();
    }));
    RETURN_IF_ERROR(ReadArray("rule", [&](base::TomlTable table) -> absl::Status {
      ASSIGN_OR_RETURN(config.rules.emplace_back(), ReadRule(std::move(table)));
      return absl::OkStatus();
    }));
    RETURN_IF_ERROR(ReadArray("credential", [&](base::TomlTable table) -> absl::Status {
      ASSIGN_OR_RETURN(config.credentials.emplace_back(), ReadCredential(std::move(table)));
      return absl::OkStatus();
    }));
    RETURN_IF_ERROR(ReadArray("systemd_credential", [&](base::TomlTable table) -> absl::Status {
      ASSIGN_OR_RETURN(config.systemd.emplace_back(), ReadSystemdCredential(std::move(table)));
      return absl::OkStatus();
    }));
    return absl::OkStatus();
  }

  // A table of the file, or an empty one.
  absl::StatusOr<const toml::table*> Table(const std::string& key) {
    const toml::node* node = root_.Node(key);
    if (node != nullptr && !node->is_table()) {
      return root_.Error(key, "expected a table: [" + key + "]");
    }
    return node != nullptr ? node->as_table() : &empty_;
  }

  template <typename ReadOne>
  absl::Status ReadArray(const std::string& key, ReadOne read_one) {
    const toml::node* node = root_.Node(key);
    if (node == nullptr) {
      return absl::OkStatus();
    }
    if (!node->is_array_of_tables()) {
      return root_.Error(key, "expected an array of tables: [[" + key + "]]");
    }
    for (const toml::node& element : *node->as_array()) {
      RETURN_IF_ERROR(read_one(base::TomlTable(*element.as_table(), source_, "[[" + key + "]]")));
    }
    return absl::OkStatus();
  }

  absl::Status Complete(Config& config) const {
    if (config.brokers.empty()) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              source_ + ": no broker is configured; add a [[kbs]] table with url");
    }
    if (config.listeners.empty()) {
      ASSIGN_OR_RETURN(config.listeners.emplace_back(), DefaultListener());
    }
    for (const absl::Status& status :
         {RefuseTwins(config.brokers, &BrokerConfig::name, "[[kbs]] name"),
          CheckPassports(config.brokers),
          RefuseTwins(config.credentials, &CredentialConfig::path, "[[credential]] path")}) {
      if (!status.ok()) {
        return base::Annotate(status, source_);
      }
    }
    RETURN_IF_ERROR(base::Annotate(RefuseSameNames(config.systemd), source_));
    RETURN_IF_ERROR(base::Annotate(CheckSystemd(config), source_));
    RETURN_IF_ERROR(base::Annotate(CheckRules(config), source_));
    return base::Annotate(CheckListeners(config.listeners), source_);
  }

  const toml::table empty_;
  const std::string source_;
  base::TomlTable root_;
  std::span<const tee::Backend> backends_;
};

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view text, const std::string& source,
                                   std::span<const tee::Backend> backends) {
  ASSIGN_OR_RETURN(const toml::table root, base::ParseToml(text, source));
  return Reader(root, source, backends).Read();
}

absl::StatusOr<Config> LoadConfig(const std::string& path, std::span<const tee::Backend> backends) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadTrustedFile(path, kMaxConfigBytes));
  ASSIGN_OR_RETURN(Config config, ParseConfig(text, path, backends));
  config.sources = {path};
  return config;
}

}  // namespace attestd::agent
