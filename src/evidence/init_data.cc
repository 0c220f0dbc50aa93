// SPDX-License-Identifier: Apache-2.0
#include "evidence/init_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "base/toml_table.h"

namespace attestd::evidence {
namespace {

constexpr std::string_view kName = "init data";
constexpr std::string_view kVersion = "0.1.0";

absl::Status Bad(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          std::string(kName) + ": " + std::string(what));
}

// Only the members around the data are read here, and the parser takes ASCII: what is not stands
// inside of texts and comments.
std::string AsciiOnly(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7f; }, '?');
  return text;
}

absl::StatusOr<std::string> RequireText(base::TomlTable& table, std::string_view key) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, table.Text(key));
  if (!text.has_value()) {
    return Bad("it has no " + std::string(key));
  }
  return *std::move(text);
}

}  // namespace

absl::StatusOr<InitData> ParseInitData(std::string text) {
  if (!base::DumpJson(base::Json(text)).ok()) {
    return Bad("it is not UTF-8");
  }
  ASSIGN_OR_RETURN(const toml::table root, base::ParseToml(AsciiOnly(text), std::string(kName)));
  base::TomlTable table(root, std::string(kName), "");
  ASSIGN_OR_RETURN(const std::string version, RequireText(table, "version"));
  if (version != kVersion) {
    return Bad("its version is not \"" + std::string(kVersion) + "\"");
  }
  ASSIGN_OR_RETURN(const std::string algorithm, RequireText(table, "algorithm"));
  const absl::StatusOr<base::HashAlgorithm> hash = base::ParseHashAlgorithm(algorithm);
  if (!hash.ok()) {
    return base::Annotate(hash.status(), kName);
  }
  ASSIGN_OR_RETURN(base::Bytes digest, base::Hash(*hash, base::AsBytes(text)));
  return InitData{.text = std::move(text), .digest = std::move(digest)};
}

}  // namespace attestd::evidence
