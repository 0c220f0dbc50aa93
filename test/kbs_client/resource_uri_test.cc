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
               "kbs:///a/b/c?", "kbs:///a/b/c?x=a b", "kbs:///a/b/c?x=%2", "kbs:///a/b/c?x=%zz",
               "kbs:///a/b/c?x=1#f", "kbs:///a/b/c?x=1?y", "kbs:///a/b/c#f", "kbs:///a/b/c&d",
               "kbs:///a/b/c;d", "kbs:///a/b\\c/d", "kbs:///a/b/c\r\nX: y", "kbs:///a/b/\xc0\xae",
               "kbs:///-a/b/c", "kbs:///.a/b/c", "kbs:///a b/c/d", "KBS:///a/b/c", "kbs+:///a/b/c",
               "kbs+Plugin:///a/b/c", "kbs+resource:///a/b/c", "kbs+auth:///x", "kbs+attest:///x",
               "kbs+p/q:///a", "kbs+p:///", "kbs+p:///a//b", "kbs+p:///../b", "http://h/a/b/c",
               "kbs://user@h/a/b/c", "kbs://[::1]/a/b/c", "kbs://h:/a/b/c",
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

TEST_CASE("A plugin, a longer path and a query are taken as they stand") {
  const auto uri =
      ResourceUri::Parse("kbs+nebula-ca://main/credential/a/b/c/d?name=x&ip=10.0.0.1%2F24");
  REQUIRE(uri.ok());
  CHECK(uri->plugin() == "nebula-ca");
  CHECK(uri->broker() == "main");
  CHECK(uri->path() == "credential/a/b/c/d");
  CHECK(uri->query() == "?name=x&ip=10.0.0.1%2F24");
  CHECK(ResourceUri::Parse("kbs:///a/b/c")->plugin() == "resource");
  CHECK(ResourceUri::Parse("kbs:///a/b/c?v=2")->query() == "?v=2");
  CHECK_FALSE(ResourceUri::Parse("kbs:///a/b/c?" + std::string(1025, 'x')).ok());
}

TEST_CASE("URIs that differ in anything are different names") {
  const auto less = [](const char* a, const char* b) {
    return *ResourceUri::Parse(a) < *ResourceUri::Parse(b) ||
           *ResourceUri::Parse(b) < *ResourceUri::Parse(a);
  };
  CHECK(less("kbs:///a/b/c", "kbs:///a/b/d"));
  CHECK(less("kbs:///a/b/c", "kbs:///a/b/c?v=1"));
  CHECK(less("kbs:///a/b/c", "kbs://h/a/b/c"));
  CHECK(less("kbs+x:///a/b/c", "kbs+y:///a/b/c"));
  CHECK_FALSE(less("kbs:///a/b/c", "kbs:///a/b/c"));
}

}  // namespace
}  // namespace attestd::kbs
