// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/format/evidence.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::tee::tdx {
namespace {

absl::StatusOr<TdxEvidence> FromJson(const base::Json& json) {
  TdxEvidence evidence;
  ASSIGN_OR_RETURN(evidence.quote, base::GetBase64(json, "quote"));
  const auto log = json.find("cc_eventlog");
  if (log != json.end() && !log->is_null()) {
    ASSIGN_OR_RETURN(evidence.cc_eventlog, base::GetBase64(json, "cc_eventlog"));
  }
  return evidence;
}

}  // namespace

std::string FormatEvidence(const TdxEvidence& evidence) {
  base::Json json = {{"cc_eventlog", nullptr}, {"quote", base::Base64Encode(evidence.quote)}};
  if (evidence.cc_eventlog.has_value()) {
    json["cc_eventlog"] = base::Base64Encode(*evidence.cc_eventlog);
  }
  return json.dump();
}

absl::StatusOr<TdxEvidence> ParseEvidence(std::string_view json) {
  ASSIGN_OR_RETURN(const base::Json value, base::ParseJson(json));
  absl::StatusOr<TdxEvidence> evidence = FromJson(value);
  if (!evidence.ok()) {
    return base::Annotate(evidence.status(), "tdx evidence");
  }
  return evidence;
}

}  // namespace attestd::tee::tdx
