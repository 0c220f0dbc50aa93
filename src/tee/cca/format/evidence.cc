// SPDX-License-Identifier: Apache-2.0
#include "tee/cca/format/evidence.h"

#include <limits>
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
  base::Bytes token;
  token.reserve((*list)->size());
  for (const base::Json& element : **list) {
    if (!element.is_number_unsigned() ||
        element.get<uint64_t>() > std::numeric_limits<uint8_t>::max()) {
      return Bad("\"token\": an element is no byte");
    }
    token.push_back(element.get<uint8_t>());
  }
  return token;
}

}  // namespace attestd::tee::cca
