// SPDX-License-Identifier: Apache-2.0
// The three strings of an old getresource request, one a line.
// Covers: src/agent/legacy_request.cc
#include <algorithm>

#include "agent/legacy_request.h"
#include "fuzz/fuzz_target.h"

namespace {

// The text up to the next end of line, which is taken away with it.
std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

}  // namespace

FUZZ_TARGET(input) {
  std::string_view text = attestd::base::AsText(input);
  const std::string_view first = TakeLine(text);
  const std::string_view second = TakeLine(text);
  const auto request = attestd::agent::ParseLegacyRequest({first, second, text});
  if (!request.ok()) {
    FUZZ_CHECK(attestd::base::GetReason(request.status()) == attestd::base::Reason::kBadUri);
    return;
  }
  FUZZ_CHECK(request->resource.size() <= input.size() + std::string_view("default//").size());
  FUZZ_CHECK(request->kbs_uri.empty() || request->kbs_uri == second || request->kbs_uri == text);
}
