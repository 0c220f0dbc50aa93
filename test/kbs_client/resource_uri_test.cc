// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/resource_uri.h"

#include <catch2/catch.hpp>
#include <string>

namespace attestd::kbs {
namespace {

TEST_CASE("A resource URI names three segments and perhaps a broker") {
  struct Row {
    std::string_view text, broker, path;
  };
  const auto row = GENERATE(Row{"kbs:///default/key/1", "", "default/key/1"},
                            Row{"kbs://main/a/b/c", "main", "a/b/c"},
                            Row{"kbs://kbs.example:8080/a/b/c", "kbs.example:8080", "a/b/c"},
                            Row{"kbs:///A.b_c-d/0/x..y", "", "A.b_c-d/0/x..y"});
  const auto uri = ResourceUri::Parse(row.text);
  REQUIRE(uri.ok());
  CHECK(uri->broker() == row.broker);
  CHECK(uri->path() == row.path);
}

TEST_CASE("A malformed resource URI is refused as the caller's mistake") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "kbs:", "kbs://", "kbs:///", "kbs:///a", "kbs:///a/b",
               "kbs:///a/b/", "kbs:///a//c", "kbs:////b/c", "kbs:///a/b/c/", "kbs:///a/b/c/d",
               "kbs:///../b/c", "kbs:///a/./c", "kbs:///a/%2e%2e/c", "kbs:///a/b%2fc/d",
               "kbs:///a/b/c?x=1", "kbs:///a/b/c#f", "kbs:///a/b/c&d", "kbs:///a/b/c;d",
               "kbs:///a/b\\c/d", "kbs:///a/b/c\r\nX: y", "kbs:///a/b/\xc0\xae", "kbs:///-a/b/c",
               "kbs:///.a/b/c", "kbs:///a b/c/d", "KBS:///a/b/c", "kbs+plugin:///a/b/c",
               "http://h/a/b/c", "kbs://user@h/a/b/c", "kbs://[::1]/a/b/c", "kbs://h:/a/b/c",
               "kbs://h:99999999/a/b/c", "kbs://:80/a/b/c", "kbs://h:8a/a/b/c", "kbs://h/../a/b/c");
  const auto uri = ResourceUri::Parse(text);
  REQUIRE_FALSE(uri.ok());
  CHECK(absl::IsInvalidArgument(uri.status()));
  CHECK(base::GetReason(uri.status()) == base::Reason::kBadUri);
}

TEST_CASE("A resource URI has no NUL and no endless segment") {
  CHECK_FALSE(ResourceUri::Parse(std::string("kbs:///a/b/c\0", 13)).ok());
  CHECK(ResourceUri::Parse("kbs:///a/b/" + std::string(255, 'x')).ok());
  CHECK_FALSE(ResourceUri::Parse("kbs:///a/b/" + std::string(256, 'x')).ok());
  CHECK_FALSE(ResourceUri::Parse("kbs:///a/b/" + std::string(1 << 20, 'x')).ok());
}

}  // namespace
}  // namespace attestd::kbs
