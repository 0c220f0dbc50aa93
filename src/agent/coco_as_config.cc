// SPDX-License-Identifier: Apache-2.0
#include "agent/coco_as_config.h"

#include <optional>
#include <utility>

#include "base/http_curl.h"
#include "base/toml_table.h"

namespace attestd::agent {
namespace {

absl::Status CheckUrl(const base::TomlTable& table, CocoAsConfig& service) {
  while (service.url.ends_with('/')) {
    service.url.pop_back();
  }
  const auto parsed = base::ParseHttpUrl(service.url);
  if (!parsed.ok()) {
    return table.Error("url", std::string(parsed.status().message()));
  }
  if (parsed->scheme != "https" && !service.allow_http) {
    return table.Error("url", "is not https; for development on loopback add allow_http = true");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CocoAsConfig> ReadCocoAs(base::TomlTable table) {
  CocoAsConfig service;
  const std::initializer_list<std::pair<std::string_view, std::string*>> texts = {
      {"url", &service.url},
      {"ca_file", &service.ca_file},
      {"client_cert_file", &service.client_cert_file},
      {"client_key_file", &service.client_key_file}};
  bool given = false;
  for (const auto& [key, field] : texts) {
    ASSIGN_OR_RETURN(const std::optional<std::string> text, table.Text(key));
    if (text.has_value() && text->empty()) {
      return table.Error(key, "must not be empty");
    }
    *field = text.value_or("");
    given = given || text.has_value();
  }
  ASSIGN_OR_RETURN(const std::optional<bool> http, table.Boolean("allow_http"));
  ASSIGN_OR_RETURN(const std::optional<bool> loopback, table.Boolean("allow_loopback"));
  ASSIGN_OR_RETURN(service.pins, table.Texts("pins"));
  ASSIGN_OR_RETURN(service.policies, table.Texts("policies"));
  RETURN_IF_ERROR(table.Finish());
  service.allow_http = http.value_or(false);
  service.allow_loopback = loopback.value_or(false);
  if (!given && !http && !loopback && service.pins.empty() && service.policies.empty()) {
    return service;
  }
  if (service.client_cert_file.empty() != service.client_key_file.empty()) {
    return table.Error("client_cert_file", "goes together with client_key_file");
  }
  RETURN_IF_ERROR(CheckUrl(table, service));
  return service;
}

}  // namespace attestd::agent
