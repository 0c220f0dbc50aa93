// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/fault_json.h"

#include <cstddef>
#include <nlohmann/json.hpp>

namespace attestd::dev_kbs {
namespace {

constexpr size_t kDepth = 100000;
constexpr size_t kKeys = 1000000;
constexpr size_t kString = size_t{1} << 20;

std::string ManyMembers() {
  std::string members;
  for (size_t i = 0; i < kKeys; ++i) {
    members += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":0";
  }
  return members;
}

// What is put before the members that the object has.
std::string FirstMember(const base::Json& honest, std::string_view kind) {
  if (kind == "depth") {
    return "\"x\":" + std::string(kDepth, '[') + std::string(kDepth, ']');
  }
  if (kind == "keys") {
    return ManyMembers();
  }
  if (kind == "duplicate") {
    return base::Json(honest.begin().key()).dump() + ":\"\"";
  }
  if (kind == "nan") {
    return "\"x\":NaN";
  }
  if (kind == "1e400") {
    return "\"x\":1e400";
  }
  if (kind == "surrogate") {
    return R"("x":"\ud800")";
  }
  return "\"x\":\"" + std::string(kString, 'a') + "\"";  // string
}

}  // namespace

absl::StatusOr<std::string> WithJsonValue(const std::string& text, const std::string& pointer,
                                          const base::Json& value) {
  ASSIGN_OR_RETURN(base::Json json, base::ParseJson(text));
  // The library throws; this is its boundary.
  try {
    json[base::Json::json_pointer(pointer)] = value;
  } catch (const base::Json::exception& error) {
    return base::MakeStatus(absl::StatusCode::kNotFound, "no place for the value");
  }
  return base::DumpJson(json);
}

absl::StatusOr<std::string> WithJsonBomb(const std::string& text, std::string_view kind) {
  const absl::StatusOr<base::Json> honest = base::ParseJson(text);
  if (!honest.ok() || !honest->is_object() || honest->empty()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "the answer is no JSON object with a member");
  }
  if (kind == "bom") {
    return "\xef\xbb\xbf" + text;
  }
  if (kind == "trailing") {
    return text + "{}";
  }
  return "{" + FirstMember(*honest, kind) + "," + text.substr(text.find('{') + 1);
}

}  // namespace attestd::dev_kbs
