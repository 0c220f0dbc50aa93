// SPDX-License-Identifier: Apache-2.0
#include "agent/unseal_config.h"

#include <optional>

#include "base/toml_table.h"

namespace attestd::agent {
namespace {

absl::StatusOr<std::string> ReadFolder(base::TomlTable& table) {
  ASSIGN_OR_RETURN(const auto given, table.Text("key_folder"));
  const std::string folder = given.value_or("");
  if (given.has_value() && !folder.starts_with('/')) {
    return table.Error("key_folder", "expected the absolute path of a folder");
  }
  return folder;
}

}  // namespace

absl::StatusOr<UnsealConfig> ReadUnseal(base::TomlTable table) {
  UnsealConfig unseal;
  ASSIGN_OR_RETURN(const auto given, table.Text("signature"));
  const std::string signature = given.value_or("required");
  ASSIGN_OR_RETURN(unseal.key_folder, ReadFolder(table));
  ASSIGN_OR_RETURN(unseal.signers, table.Texts("signers"));
  RETURN_IF_ERROR(table.Finish());
  if (signature != "required" && signature != "skip") {
    return table.Error("signature", R"(expected "required" or "skip")");
  }
  unseal.skip_signatures = signature == "skip";
  if (unseal.skip_signatures && (!unseal.signers.empty() || !unseal.key_folder.empty())) {
    return table.Error("signature", R"("skip" asks no signer; leave out signers and key_folder)");
  }
  return unseal;
}

absl::StatusOr<KeyProviderConfig> ReadKeyProvider(base::TomlTable table) {
  KeyProviderConfig provider;
  ASSIGN_OR_RETURN(const auto wrap, table.Boolean("wrap"));
  ASSIGN_OR_RETURN(provider.key_folder, ReadFolder(table));
  RETURN_IF_ERROR(table.Finish());
  provider.wrap = wrap.value_or(false);
  return provider;
}

}  // namespace attestd::agent
