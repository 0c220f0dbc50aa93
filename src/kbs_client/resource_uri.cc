// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/resource_uri.h"

#include <algorithm>
#include <cstddef>

namespace attestd::kbs {
namespace {

constexpr std::string_view kScheme = "kbs://";
constexpr size_t kMaxPart = 255;
constexpr int kSegments = 3;

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsSegment(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPart && IsAlnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlnum(c) || c == '.' || c == '_' || c == '-'; });
}

bool IsBroker(std::string_view text) {
  const std::string_view host = text.substr(0, text.find(':'));
  const std::string_view port = text.substr(std::min(text.size(), host.size() + 1));
  const bool has_port = text.size() > host.size();
  return text.empty() ||
         (IsSegment(host) && has_port == !port.empty() && port.size() <= 5 &&
          std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

absl::Status Malformed(std::string_view what) {
  return base::MakeStatus(
      absl::StatusCode::kInvalidArgument, base::Reason::kBadUri,
      "resource URI: " + std::string(what) + "; expected kbs:///repository/type/tag");
}

}  // namespace

absl::StatusOr<ResourceUri> ResourceUri::Parse(std::string_view text) {
  if (!text.starts_with(kScheme)) {
    return Malformed("does not begin with kbs://");
  }
  const std::string_view rest = text.substr(kScheme.size());
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return Malformed("has no path");
  }
  const std::string_view broker = rest.substr(0, slash);
  if (!IsBroker(broker)) {
    return Malformed("the broker part is malformed");
  }
  const std::string_view path = rest.substr(slash + 1);
  std::string_view left = path;
  for (int i = 0; i < kSegments; ++i) {
    const size_t end = i + 1 < kSegments ? left.find('/') : left.size();
    if (end == std::string_view::npos) {
      return Malformed("has fewer than three segments");
    }
    if (!IsSegment(left.substr(0, end))) {
      return Malformed("segment " + std::to_string(i + 1) + " is malformed");
    }
    left.remove_prefix(std::min(left.size(), end + 1));
  }
  return ResourceUri(broker, path);
}

}  // namespace attestd::kbs
