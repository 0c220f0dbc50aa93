// SPDX-License-Identifier: Apache-2.0
#include "tee/cca/format/evidence.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "tee/cca/format/token.h"

namespace attestd::tee::cca {
namespace {

absl::Status Bad(std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "cca evidence: " + std::string(why));
}

}  // namespace

std::string FormatEvidence(base::ByteView token) {
  const base::Json json = {{"token", base::ToBytes(token)}};
  return json.dump();
}

absl::StatusOr<base::Bytes> ParseEvidence(std::string_view json) {
  // Each byte is an element; a few more for the members around them.
  constexpr base::JsonLimits kLimits = {.depth = 8, .elements = kMaxTokenSize + 100};
  const absl::StatusOr<base::Json> value = base::ParseJson(json, kLimits);
  if (!value.ok()) {
    return base::Annotate(value.status(), "cca evidence");
  }
  const absl::StatusOr<const base::Json*> list = base::GetMember(*value, "token");
  if (!list.ok()) {
    return base::Annotate(list.status(), "cca evidence");
  }
  if (!(*list)->is_array() || (*list)->size() > kMaxTokenSize) {
    return Bad("\"token\" is no list of at most 65536 bytes");
  }
  absl::StatusOr<base::Bytes> token = base::BytesFromNumbers(**list);
  return token.ok() ? token : base::Annotate(token.status(), "cca evidence: \"token\"");
}

}  // namespace attestd::tee::cca
