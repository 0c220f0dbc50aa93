// SPDX-License-Identifier: Apache-2.0
#include "agent/access_config.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/toml_table.h"

namespace attestd::agent {
namespace {

constexpr int64_t kMaxUid = std::numeric_limits<uid_t>::max() - 1;
constexpr int64_t kMaxLimit = int64_t{1} << 30;
constexpr int64_t kMaxIdleSeconds = 86'400;
// Of what passed sockets may do (AccessOfPassed), which no configuration widens.
constexpr std::string_view kReserved = "api-server-rest:";

std::string ExpectedRights() {
  return "expected words of " + policy::RightWords(policy::AllRights());
}

absl::StatusOr<std::vector<uid_t>> ReadUids(base::TomlTable& table) {
  const auto bad = [&] {
    return table.Error("allow_uids", "expected a list of user numbers, like [1000]");
  };
  std::vector<uid_t> uids;
  const toml::node* node = table.Node("allow_uids");
  if (node == nullptr) {
    return uids;
  }
  if (!node->is_array() || node->as_array()->empty()) {
    return bad();
  }
  for (const toml::node& element : *node->as_array()) {
    const int64_t uid = element.value<int64_t>().value_or(-1);
    if (!element.is_integer() || uid < 0 || uid > kMaxUid) {
      return bad();
    }
    uids.push_back(static_cast<uid_t>(uid));
  }
  return uids;
}

absl::StatusOr<policy::Rights> ReadRights(base::TomlTable& table) {
  ASSIGN_OR_RETURN(const std::vector<std::string> words, table.Texts("rights"));
  policy::Rights rights;
  for (const std::string& word : words) {
    const std::optional<policy::Right> right = policy::ParseRight(word);
    if (!right.has_value()) {
      return table.Error("rights", ExpectedRights());
    }
    rights.insert(*right);
  }
  return rights;
}

absl::StatusOr<std::vector<policy::ResourcePattern>> ReadAllow(base::TomlTable& table) {
  ASSIGN_OR_RETURN(const std::vector<std::string> texts, table.Texts("allow"));
  std::vector<policy::ResourcePattern> allow;
  for (const std::string& text : texts) {
    auto pattern = policy::ResourcePattern::Parse(text);
    if (!pattern.ok()) {
      const auto problem = pattern.status().message();
      return table.Error("allow", {problem.data(), problem.size()});
    }
    allow.push_back(*std::move(pattern));
  }
  return allow;
}

// Rights to resources and the resources come together.
absl::Status CheckRule(const base::TomlTable& table, const policy::Rights& rights,
                       const std::vector<policy::ResourcePattern>& allow) {
  const bool named = std::any_of(rights.begin(), rights.end(), policy::NamesResources);
  if (named && allow.empty()) {
    return table.Error("allow",
                       R"(says which resources the rights are for, like ["kbs:///app1/*"])");
  }
  if (!named && !allow.empty()) {
    return table.Error("allow", R"(is for "resource", "unseal", "unwrap" or "mount" in rights)");
  }
  return absl::OkStatus();
}

absl::Status ReadCount(base::TomlTable& table, std::string_view key, size_t& value,
                       int64_t most = kMaxLimit) {
  ASSIGN_OR_RETURN(const std::optional<int64_t> number, table.Integer(key));
  if (number.has_value() && (*number < 1 || *number > most)) {
    return table.Error(key, "expected a number from 1 to " + std::to_string(most));
  }
  value = number.has_value() ? static_cast<size_t>(*number) : value;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AccessConfig> ReadAccess(base::TomlTable& table, const std::string& name,
                                        bool root_only) {
  AccessConfig access;
  ASSIGN_OR_RETURN(const auto principal, table.Text("principal"));
  access.principal = principal.value_or(name);
  access.named = principal.has_value();
  if (access.principal.empty() || access.principal.starts_with(kReserved)) {
    return table.Error("principal", "expected a name, and none that begins with api-server-rest:");
  }
  ASSIGN_OR_RETURN(access.uids, ReadUids(table));
  ASSIGN_OR_RETURN(access.cgroups, table.Texts("allow_cgroups"));
  const bool has_rights = table.Node("rights") != nullptr;
  const bool has_allow = table.Node("allow") != nullptr;
  ASSIGN_OR_RETURN(access.rights, ReadRights(table));
  ASSIGN_OR_RETURN(access.allow, ReadAllow(table));
  if (has_allow && !has_rights) {
    access.rights = {policy::Right::kResource};
  }
  if (has_rights || has_allow) {
    RETURN_IF_ERROR(CheckRule(table, access.rights, access.allow));
  } else if (root_only && !access.named) {
    access.rights = policy::AllRights();
    ASSIGN_OR_RETURN(auto all, policy::ResourcePattern::Parse("*"));
    access.allow.push_back(std::move(all));
  }
  if (root_only && access.uids.empty()) {
    access.uids = {0, ::geteuid()};
  }
  return access;
}

absl::StatusOr<policy::Rule> ReadRule(base::TomlTable table) {
  policy::Rule rule;
  ASSIGN_OR_RETURN(const auto principal, table.Text("principal"));
  if (!principal.has_value() || principal->empty()) {
    return table.Error("principal", "is missing: whom the rule is for");
  }
  rule.principal = *principal;
  ASSIGN_OR_RETURN(rule.rights, ReadRights(table));
  ASSIGN_OR_RETURN(rule.allow, ReadAllow(table));
  RETURN_IF_ERROR(table.Finish());
  if (rule.rights.empty()) {
    return table.Error("rights", ExpectedRights());
  }
  RETURN_IF_ERROR(CheckRule(table, rule.rights, rule.allow));
  return rule;
}

absl::StatusOr<LimitsConfig> ReadLimits(base::TomlTable table) {
  LimitsConfig limits;
  RETURN_IF_ERROR(ReadCount(table, "connections", limits.connections));
  RETURN_IF_ERROR(ReadCount(table, "requests", limits.requests));
  RETURN_IF_ERROR(ReadCount(table, "reply_bytes", limits.reply_bytes));
  RETURN_IF_ERROR(ReadCount(table, "requests_per_second", limits.requests_per_second));
  RETURN_IF_ERROR(ReadCount(table, "burst", limits.burst));
  RETURN_IF_ERROR(ReadCount(table, "idle_seconds", limits.idle_seconds, kMaxIdleSeconds));
  RETURN_IF_ERROR(table.Finish());
  return limits;
}

absl::StatusOr<AuditConfig> ReadAudit(base::TomlTable table) {
  AuditConfig audit;
  ASSIGN_OR_RETURN(const auto enabled, table.Boolean("enabled"));
  ASSIGN_OR_RETURN(const auto file, table.Text("file"));
  RETURN_IF_ERROR(table.Finish());
  audit.enabled = enabled.value_or(true);
  audit.file = file.value_or("");
  if (file.has_value() && !audit.file.starts_with('/')) {
    return table.Error("file", "expected an absolute path");
  }
  return audit;
}

}  // namespace attestd::agent
