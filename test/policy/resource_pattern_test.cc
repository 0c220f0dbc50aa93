// SPDX-License-Identifier: Apache-2.0
#include "policy/resource_pattern.h"

#include <catch2/catch.hpp>
#include <string>

namespace attestd::policy {
namespace {

bool Matches(const std::string& pattern, const std::string& uri) {
  const auto parsed = ResourcePattern::Parse(pattern);
  INFO(pattern << " and " << uri);
  REQUIRE(parsed.ok());
  return parsed->Matches(*kbs::ResourceUri::Parse(uri));
}

TEST_CASE("A pattern has the resources that it says, and no others") {
  struct Row {
    const char* pattern;
    const char* uri;
    bool matches;
  };
  const Row row = GENERATE(  //
      Row{"kbs:///app1/db/pw", "kbs:///app1/db/pw", true},
      Row{"kbs:///app1/db/pw", "kbs:///app1/db/pw?x=1", true},
      Row{"kbs:///app1/db/pw", "kbs:///app1/db/pw2", false},
      Row{"kbs:///app1/*", "kbs:///app1/db/pw", true},
      Row{"kbs:///app1/*", "kbs:///app10/db/pw", false},
      Row{"kbs:///app1/*", "kbs:///app2/app1/pw", false},
      Row{"kbs:///app1/db/*", "kbs:///app1/db/pw", true},
      Row{"kbs:///app1/db/*", "kbs:///app1/dc/pw", false},
      Row{"kbs:///app1/db/key-*", "kbs:///app1/db/key-7", true},
      Row{"kbs:///app1/db/key-*", "kbs:///app1/db/kex-7", false},
      Row{"kbs:///*/db/pw", "kbs:///app1/db/pw", true},
      Row{"kbs:///*/db/pw", "kbs:///app1/dc/pw", false}, Row{"kbs:///*", "kbs:///a/b/c", true},
      // Another broker has other secrets under the same name.
      Row{"kbs:///app1/*", "kbs://other/app1/db/pw", false},
      Row{"kbs://other/app1/*", "kbs://other/app1/db/pw", true},
      Row{"kbs://other/app1/*", "kbs:///app1/db/pw", false},
      Row{"kbs://*/app1/*", "kbs://other:8080/app1/db/pw", true},
      // So has a plugin.
      Row{"kbs:///*", "kbs+x:///a/b/c", false}, Row{"kbs+x:///a/*", "kbs+x:///a/b/c/d/e", true},
      Row{"kbs+x:///a/*", "kbs+x:///a", false}, Row{"kbs+x:///a", "kbs+x:///a?who=b", true},
      Row{"*", "kbs+x://any/a/b", true});
  CHECK(Matches(row.pattern, row.uri) == row.matches);
}

TEST_CASE("What is no pattern is refused, and says why") {
  const std::string text =
      GENERATE("", "kbs", "kbs://", "kbs:///", "kbs:///a/b", "kbs:///a/b/c/d", "kbs:///a/*/c/d",
               "kbs:///a/*b/c", "kbs:///a/b/c?x=1", "kbs:///../b/c", "http:///a/b/c", "kbs:///a//c",
               "kbs+:///a", "kbs://o*/a/b/c", "**", "kbs+resource:///a/b/c");
  const auto pattern = ResourcePattern::Parse(text);
  REQUIRE(absl::IsInvalidArgument(pattern.status()));
  CHECK_THAT(std::string(pattern.status().message()), Catch::Contains("kbs:///app1/*"));
}

}  // namespace
}  // namespace attestd::policy
