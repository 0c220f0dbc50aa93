// SPDX-License-Identifier: Apache-2.0
#include "policy/resource_pattern.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"

namespace attestd::policy {
namespace {

constexpr std::string_view kAny = "*";

std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  while (true) {
    const size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) {
      return segments;
    }
    path.remove_prefix(slash + 1);
  }
}

bool SegmentMatches(std::string_view pattern, std::string_view segment) {
  if (!pattern.ends_with('*')) {
    return pattern == segment;
  }
  return segment.starts_with(pattern.substr(0, pattern.size() - 1));
}

absl::Status Bad(std::string_view text, std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          base::Escaped(text) + ": " + std::string(problem) +
                              R"(; expected a pattern like "kbs:///app1/*", or "*" for all)");
}

// The pattern as the URI of one resource that it has.
std::string Example(std::string_view scheme, std::string_view broker,
                    const std::vector<std::string>& segments) {
  std::string text = std::string(scheme) + "://" + std::string(broker == kAny ? "" : broker);
  for (const std::string& segment : segments) {
    text += '/' + segment;
    if (segment.ends_with('*')) {
      text.back() = 'x';
    }
  }
  if (scheme == "kbs" && segments.back() == kAny) {
    for (size_t i = segments.size(); i < 3; ++i) {
      text += "/x";
    }
  }
  return text;
}

}  // namespace

absl::StatusOr<ResourcePattern> ResourcePattern::Parse(std::string_view text) {
  ResourcePattern pattern(text);
  if (text == kAny) {
    pattern.all_ = true;
    return pattern;
  }
  const size_t scheme = text.find("://");
  const size_t slash = scheme == std::string_view::npos ? scheme : text.find('/', scheme + 3);
  if (slash == std::string_view::npos) {
    return Bad(text, "is no URI with a path");
  }
  if (text.find_first_of("?#") != std::string_view::npos) {
    return Bad(text, "has a query; a pattern stands for every query");
  }
  pattern.broker_ = std::string(text.substr(scheme + 3, slash - scheme - 3));
  pattern.segments_ = Segments(text.substr(slash + 1));
  const auto uri =
      kbs::ResourceUri::Parse(Example(text.substr(0, scheme), pattern.broker_, pattern.segments_));
  if (!uri.ok()) {
    return Bad(text, "has no resource");
  }
  pattern.plugin_ = uri->plugin();
  return pattern;
}

bool ResourcePattern::Matches(const kbs::ResourceUri& uri) const {
  if (all_) {
    return true;
  }
  if (uri.plugin() != plugin_ || (broker_ != kAny && broker_ != uri.broker())) {
    return false;
  }
  const std::vector<std::string> segments = Segments(uri.path());
  const bool open = segments_.back() == kAny;
  if (segments.size() != segments_.size() && !(open && segments.size() > segments_.size())) {
    return false;
  }
  return std::equal(segments_.begin(), segments_.end(), segments.begin(), SegmentMatches);
}

}  // namespace attestd::policy
