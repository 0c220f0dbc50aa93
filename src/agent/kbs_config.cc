// SPDX-License-Identifier: Apache-2.0
#include "agent/kbs_config.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "base/http_curl.h"
#include "base/toml_table.h"

namespace attestd::agent {
namespace {

constexpr int64_t kMaxPriority = 1000;
constexpr absl::Duration kShortestHedge = absl::Milliseconds(1);
constexpr absl::Duration kLongestHedge = absl::Seconds(60);

// A key that may be absent, into a field that then keeps its default.
absl::Status Take(base::TomlTable& table, std::string_view key, std::string& field) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, table.Text(key));
  if (text.has_value() && text->empty()) {
    return table.Error(key, "must not be empty");
  }
  field = std::move(text).value_or(field);
  return absl::OkStatus();
}

absl::Status Take(base::TomlTable& table, std::string_view key, bool& field) {
  ASSIGN_OR_RETURN(const std::optional<bool> value, table.Boolean(key));
  field = value.value_or(field);
  return absl::OkStatus();
}

// One of a few words; nothing when the key is absent.
template <typename Value>
struct Word {
  std::string_view text;
  Value value;
};
template <typename Value>
absl::Status TakeWord(base::TomlTable& table, std::string_view key,
                      std::initializer_list<Word<Value>> words, Value& field) {
  std::string text;
  RETURN_IF_ERROR(Take(table, key, text));
  if (text.empty()) {
    return absl::OkStatus();
  }
  std::string choices;
  for (const Word<Value>& word : words) {
    if (word.text == text) {
      field = word.value;
      return absl::OkStatus();
    }
    choices += (choices.empty() ? "\"" : ", \"") + std::string(word.text) + "\"";
  }
  return table.Error(key, "choose one of " + choices);
}

absl::Status TakeProtocols(base::TomlTable& table, std::vector<kbs::Protocol>& field) {
  ASSIGN_OR_RETURN(const std::vector<std::string> texts, table.Texts("protocol_versions"));
  if (table.Node("protocol_versions") == nullptr) {
    return absl::OkStatus();
  }
  field.clear();
  for (const std::string& text : texts) {
    const std::optional<kbs::Protocol> protocol = kbs::ParseProtocol(text);
    if (!protocol.has_value()) {
      return table.Error("protocol_versions", R"(choose of "0.4.0", "0.2.0" and "0.1.1")");
    }
    field.push_back(*protocol);
  }
  return field.empty() ? table.Error("protocol_versions", "names no version") : absl::OkStatus();
}

absl::Status CheckUrl(const base::TomlTable& table, BrokerConfig& broker) {
  if (broker.url.empty()) {
    return table.Error("url", "is missing; for example url = \"https://kbs.example:8080\"");
  }
  while (broker.url.ends_with('/')) {
    broker.url.pop_back();
  }
  const auto parsed = base::ParseHttpUrl(broker.url);
  if (!parsed.ok()) {
    return table.Error("url", std::string(parsed.status().message()));
  }
  if (parsed->scheme != "https" && !broker.allow_http) {
    return table.Error("url", "is not https; for development on loopback add allow_http = true");
  }
  return absl::OkStatus();
}

absl::Status CheckTls(const base::TomlTable& table, const BrokerConfig& broker) {
  if (broker.client_cert_file.empty() != broker.client_key_file.empty()) {
    return table.Error("client_cert_file", "goes together with client_key_file");
  }
  if (broker.proxy.empty() &&
      !(broker.proxy_ca_file.empty() && broker.proxy_credentials_file.empty())) {
    return table.Error("proxy", "is missing; its CA or credentials are given");
  }
  return absl::OkStatus();
}

absl::Status ReadKbs(base::TomlTable& table, BrokerConfig& broker) {
  const std::initializer_list<std::pair<std::string_view, std::string*>> texts = {
      {"url", &broker.url},
      {"ca_file", &broker.ca_file},
      {"client_cert_file", &broker.client_cert_file},
      {"client_key_file", &broker.client_key_file},
      {"proxy", &broker.proxy},
      {"proxy_ca_file", &broker.proxy_ca_file},
      {"proxy_credentials_file", &broker.proxy_credentials_file},
      {"passport_from", &broker.passport_from}};
  for (const auto& [key, field] : texts) {
    RETURN_IF_ERROR(Take(table, key, *field));
  }
  RETURN_IF_ERROR(Take(table, "allow_http", broker.allow_http));
  RETURN_IF_ERROR(Take(table, "allow_loopback", broker.allow_loopback));
  RETURN_IF_ERROR(Take(table, "export_tee_key", broker.export_tee_key));
  ASSIGN_OR_RETURN(broker.pins, table.Texts("pins"));
  RETURN_IF_ERROR(TakeProtocols(table, broker.protocols));
  RETURN_IF_ERROR(TakeWord<kbs::TeeKeyKind>(table, "tee_key",
                                            {{"P-256", kbs::TeeKeyKind::kEcP256},
                                             {"P-521", kbs::TeeKeyKind::kEcP521},
                                             {"RSA-2048", kbs::TeeKeyKind::kRsaOaep256}},
                                            broker.tee_key));
  RETURN_IF_ERROR(
      TakeWord<bool>(table, "credential", {{"cookie", false}, {"bearer", true}}, broker.bearer));
  RETURN_IF_ERROR(CheckUrl(table, broker));
  return CheckTls(table, broker);
}

}  // namespace

absl::StatusOr<BrokerConfig> ReadBroker(base::TomlTable table) {
  BrokerConfig broker;
  broker.name = "default";
  RETURN_IF_ERROR(Take(table, "name", broker.name));
  RETURN_IF_ERROR(TakeWord<BrokerConfig::Kind>(
      table, "kind",
      {{"kbs", BrokerConfig::Kind::kKbs}, {"offline_fs", BrokerConfig::Kind::kOfflineFs}},
      broker.kind));
  ASSIGN_OR_RETURN(const std::optional<int64_t> priority, table.Integer("priority"));
  broker.priority = priority.value_or(0);
  if (broker.priority < 0 || broker.priority > kMaxPriority) {
    return table.Error("priority", "expected a number from 0 to 1000; the lowest is asked first");
  }
  if (broker.kind == BrokerConfig::Kind::kKbs) {
    RETURN_IF_ERROR(ReadKbs(table, broker));
  } else {
    ASSIGN_OR_RETURN(broker.files, table.Texts("files"));
    if (broker.files.empty()) {
      return table.Error("files", "is missing: a list of JSON files with the secrets");
    }
  }
  RETURN_IF_ERROR(table.Finish());
  return broker;
}

absl::StatusOr<FailoverConfig> ReadFailover(base::TomlTable table) {
  FailoverConfig failover;
  std::string text;
  RETURN_IF_ERROR(Take(table, "hedge_after", text));
  RETURN_IF_ERROR(table.Finish());
  if (!text.empty() &&
      (!absl::ParseDuration(text, &failover.hedge_after) || failover.hedge_after < kShortestHedge ||
       failover.hedge_after > kLongestHedge)) {
    return table.Error("hedge_after", "expected a duration from 1ms to 60s, as \"200ms\"");
  }
  return failover;
}

absl::Status CheckPassports(const std::vector<BrokerConfig>& brokers) {
  for (const BrokerConfig& broker : brokers) {
    if (broker.passport_from.empty()) {
      continue;
    }
    const bool found = std::any_of(brokers.begin(), brokers.end(), [&](const BrokerConfig& other) {
      return other.name == broker.passport_from && &other != &broker &&
             other.kind == BrokerConfig::Kind::kKbs && other.passport_from.empty();
    });
    if (!found) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              "[[kbs]] \"" + broker.name + "\" passport_from: \"" +
                                  broker.passport_from +
                                  "\" is no other [[kbs]] that attests by itself");
    }
  }
  return absl::OkStatus();
}

}  // namespace attestd::agent
