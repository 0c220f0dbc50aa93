// SPDX-License-Identifier: Apache-2.0
// Parse, write canonically, parse again: the second text, where there is one, is the first.
// Covers: src/base/json.cc src/base/canonical_json.cc
#include <nlohmann/json.hpp>
#include <string>

#include "base/flat_json.h"
#include "base/json.h"
#include "fuzz/fuzz_target.h"

using attestd::base::AsText;
using attestd::base::CanonicalJson;
using attestd::base::DumpJson;
using attestd::base::ParseJson;

namespace {

// The questions that a parser asks of a value.
void Ask(const attestd::base::Json& value) {
  constexpr std::string_view kKey = "a";
  const auto member = attestd::base::GetMember(value, kKey);
  FUZZ_CHECK(member.ok() == value.contains(kKey));
  const auto text = attestd::base::GetString(value, kKey);
  FUZZ_CHECK(text.ok() == (member.ok() && (*member)->is_string()));
  const auto standard = attestd::base::GetBase64(value, kKey);
  FUZZ_CHECK(!standard.ok() || standard->size() <= text->size());
  const auto url = attestd::base::GetBase64Url(value, kKey);
  FUZZ_CHECK(!url.ok() || url->size() <= text->size());
}

// The reader that takes plain objects only sees what the parser sees.
void CompareFlat(std::string_view text, const absl::StatusOr<attestd::base::Json>& value) {
  const auto members = attestd::base::ReadFlatObject(text);
  if (!members.has_value()) {
    return;
  }
  FUZZ_CHECK(value.ok() && value->is_object() && value->size() == members->size());
  for (const auto& [name, found] : *members) {
    const auto expected = attestd::base::FindString(*value, name);
    FUZZ_CHECK(expected.ok() && **expected == found);
  }
}

}  // namespace

FUZZ_TARGET(input) {
  // Text as it comes, not parsed: what is not UTF-8 is not written.
  (void)DumpJson(attestd::base::Json(std::string(AsText(input))));
  const auto value = ParseJson(AsText(input));
  CompareFlat(AsText(input), value);
  if (!value.ok()) {
    return;
  }
  FUZZ_CHECK(DumpJson(*value).ok());
  Ask(*value);
  const auto canonical = CanonicalJson(*value);
  if (canonical.ok()) {
    const auto again = ParseJson(*canonical);
    FUZZ_CHECK(again.ok());
    // 1e17 is written without an exponent and read back as an integer, which is refused.
    const auto twice = CanonicalJson(*again);
    FUZZ_CHECK(!twice.ok() || *twice == *canonical);
  }
}
