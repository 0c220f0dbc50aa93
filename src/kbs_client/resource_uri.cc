// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/resource_uri.h"

#include <absl/strings/match.h>

#include <algorithm>
#include <cstddef>

namespace attestd::kbs {
namespace {

constexpr std::string_view kScheme = "kbs";
constexpr std::string_view kResourcePlugin = "resource";
constexpr size_t kMaxText = 4096;
constexpr size_t kMaxPart = 255;
constexpr size_t kMaxPlugin = 64;
constexpr size_t kMaxQuery = 1024;
constexpr size_t kResourceSegments = 3;
constexpr size_t kMaxPluginSegments = 16;

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

bool IsPlugin(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPlugin &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
         });
}

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool IsQuery(std::string_view text) {
  constexpr absl::string_view kAllowed = "._~=&,:+-";
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !IsHexDigit(text[i + 1]) || !IsHexDigit(text[i + 2])) {
        return false;
      }
      i += 2;
    } else if (!IsAlnum(text[i]) && !absl::StrContains(kAllowed, text[i])) {
      return false;
    }
  }
  return !text.empty() && text.size() <= kMaxQuery;
}

absl::Status Malformed(std::string_view what) {
  return base::MakeStatus(
      absl::StatusCode::kInvalidArgument, base::Reason::kBadUri,
      "resource URI: " + std::string(what) + "; expected kbs:///repository/type/tag");
}

// How many segments there are, or an error that names the bad one.
absl::StatusOr<size_t> CountSegments(std::string_view path) {
  size_t count = 0;
  for (bool more = true; more; ++count) {
    const size_t end = path.find('/');
    more = end != std::string_view::npos;
    if (!IsSegment(path.substr(0, end)) || count == kMaxPluginSegments) {
      return Malformed("segment " + std::to_string(count + 1) + " is malformed or one too many");
    }
    path.remove_prefix(more ? end + 1 : path.size());
  }
  return count;
}

// "resource" for "kbs", PLUGIN for "kbs+PLUGIN".
absl::StatusOr<std::string> ParseScheme(std::string_view scheme) {
  if (scheme == kScheme) {
    return std::string(kResourcePlugin);
  }
  const std::string_view plugin = scheme.substr(std::min(scheme.size(), kScheme.size() + 1));
  if (!scheme.starts_with("kbs+") || !IsPlugin(plugin) || plugin == kResourcePlugin) {
    return Malformed("does not begin with kbs:// or kbs+PLUGIN://");
  }
  if (plugin == "auth" || plugin == "attest") {
    return Malformed("auth and attest are no plugins");
  }
  return std::string(plugin);
}

}  // namespace

absl::StatusOr<ResourceUri> ResourceUri::Parse(std::string_view text) {
  ResourceUri uri;
  if (text.size() > kMaxText) {
    return Malformed("is longer than 4096 bytes");
  }
  uri.text_ = std::string(text);
  const size_t colon = text.find("://");
  ASSIGN_OR_RETURN(uri.plugin_, ParseScheme(text.substr(0, colon)));
  if (colon == std::string_view::npos) {
    return Malformed("does not begin with kbs:// or kbs+PLUGIN://");
  }
  std::string_view rest = text.substr(colon + 3);
  if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
    uri.query_ = std::string(rest.substr(mark, kMaxQuery + 2));
    if (!IsQuery(rest.substr(mark + 1))) {
      return Malformed("the query is malformed");
    }
    rest = rest.substr(0, mark);
  }
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return Malformed("has no path");
  }
  if (!IsBroker(rest.substr(0, slash))) {
    return Malformed("the broker part is malformed");
  }
  uri.broker_ = std::string(rest.substr(0, slash));
  ASSIGN_OR_RETURN(const size_t segments, CountSegments(rest.substr(slash + 1)));
  if (uri.plugin_ == kResourcePlugin && segments != kResourceSegments) {
    return Malformed("has " + std::to_string(segments) + " segments, not three");
  }
  uri.path_ = std::string(rest.substr(slash + 1));
  return uri;
}

}  // namespace attestd::kbs
