// SPDX-License-Identifier: Apache-2.0
#include "agent/legacy_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"

namespace attestd::agent {
namespace {

constexpr size_t kMaxDescription = 4096;
constexpr base::JsonLimits kLimits = {.depth = 4, .elements = 100};

absl::Status Malformed(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kBadUri,
                          "getresource: " + std::string(what));
}

// A member is one segment: it begins no other, no query and no URI of its own.
absl::Status CheckSegment(std::string_view segment) {
  return segment.find_first_of("/?:") == std::string_view::npos
             ? absl::OkStatus()
             : Malformed("repository, type and tag are one segment each");
}

// "repository/type/tag" of {"name":..., "optional": {"repository":..., "type":..., "tag":...}}.
absl::StatusOr<std::string> ReadDescription(std::string_view text) {
  if (text.size() > kMaxDescription) {
    return Malformed("the resource description is longer than 4096 bytes");
  }
  ASSIGN_OR_RETURN(const base::Json description, base::ParseJson(text, kLimits));
  ASSIGN_OR_RETURN(const base::Json* optional, base::GetMember(description, "optional"));
  const std::string repository =
      base::GetString(*optional, "repository").value_or(std::string("default"));
  ASSIGN_OR_RETURN(const std::string type, base::GetString(*optional, "type"));
  ASSIGN_OR_RETURN(const std::string tag, base::GetString(*optional, "tag"));
  for (const std::string& segment : {repository, type, tag}) {
    RETURN_IF_ERROR(CheckSegment(segment));
  }
  return repository + "/" + type + "/" + tag;
}

std::string KbsUri(std::string_view text) { return std::string(text == "null" ? "" : text); }

}  // namespace

absl::StatusOr<LegacyRequest> ParseLegacyRequest(const std::array<std::string_view, 3>& fields) {
  const auto& [first, second, third] = fields;
  // A KBC's name has no slash; a path and a URI have.
  if (first.find_first_of('/') == std::string_view::npos) {
    const absl::StatusOr<std::string> resource = ReadDescription(third);
    if (!resource.ok()) {
      return Malformed("neither a path, a URI nor a description: " +
                       std::string(resource.status().message()));
    }
    return LegacyRequest{.resource = *resource, .kbs_uri = KbsUri(second)};
  }
  std::string_view resource = first;
  if (resource.starts_with('/')) {
    resource.remove_prefix(1);
  }
  return LegacyRequest{.resource = std::string(resource), .kbs_uri = KbsUri(third)};
}

}  // namespace attestd::agent
