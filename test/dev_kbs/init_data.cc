// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/init_data.h"

#include <string>

#include "base/hash.h"
#include "base/toml_table.h"

namespace attestd::dev_kbs {

absl::StatusOr<base::Bytes> InitDataDigest(std::string_view toml) {
  ASSIGN_OR_RETURN(const toml::table table, base::ParseToml(toml, "init-data"));
  const auto* algorithm = table["algorithm"].as_string();
  if (algorithm == nullptr) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "init-data: it names no algorithm");
  }
  const absl::StatusOr<base::HashAlgorithm> hash = base::ParseHashAlgorithm(algorithm->get());
  if (!hash.ok()) {
    return base::Annotate(hash.status(), "init-data");
  }
  return base::Hash(*hash, base::AsBytes(toml));
}

}  // namespace attestd::dev_kbs
