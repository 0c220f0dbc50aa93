// SPDX-License-Identifier: Apache-2.0
#include "agent/legacy_request.h"

#include <catch2/catch.hpp>
#include <string>

namespace attestd::agent {
namespace {

TEST_CASE("Each shape that the request ever had is read") {
  struct Row {
    std::array<std::string_view, 3> fields;
    std::string resource;
    std::string kbs_uri;
  };
  const auto row = GENERATE(
      // 2021-12 to 2023-02: KbcName, KbsUri, ResourceDescription
      Row{{"cc_kbc", "http://h:1",
           R"({"name":"","optional":{"repository":"r","type":"t","tag":"g"}})"},
          "r/t/g",
          "http://h:1"},
      Row{{"cc_kbc", "null", R"({"name":"Policy","optional":{"type":"t","tag":"g"}})"},
          "default/t/g",
          ""},
      // 2023-02 to 2023-03: ResourceUri, KbcName
      Row{{"kbs://h:1/r/t/g", "cc_kbc", ""}, "kbs://h:1/r/t/g", ""},
      Row{{"kbs:///r/t/g", "cc_kbc", ""}, "kbs:///r/t/g", ""},
      // 2023-03 to 2024-04: ResourcePath, KbcName, KbsUri
      Row{{"/r/t/g", "cc_kbc", "https://h:1"}, "r/t/g", "https://h:1"},
      Row{{"r/t/g", "cc_kbc", "https://h:1"}, "r/t/g", "https://h:1"},
      Row{{"/r/t/g", "offline_fs_kbc", "null"}, "r/t/g", ""}, Row{{"/r/t/g", "", ""}, "r/t/g", ""},
      Row{{"kbs:///r/t/g", "cc_kbc", "https://h:1"}, "kbs:///r/t/g", "https://h:1"});
  const auto request = ParseLegacyRequest(row.fields);
  REQUIRE(request.ok());
  CHECK(request->resource == row.resource);
  CHECK(request->kbs_uri == row.kbs_uri);
}

TEST_CASE("What has none of the shapes is refused") {
  const auto third =
      GENERATE(std::string(), std::string("{}"), std::string("{"), std::string(R"({"optional":7})"),
               std::string(R"({"optional":{"type":"t"}})"),
               std::string(R"({"optional":{"type":"t","tag":7}})"),
               std::string(R"({"optional":{"type":"t","tag":"g?x=1"}})"),
               std::string(R"({"optional":{"repository":"a/b","type":"","tag":"g"}})"),
               std::string(R"({"optional":{"repository":"kbs:/","type":"h","tag":"r/t/g"}})"),
               R"({"optional":{"type":"t","tag":")" + std::string(4096, 'g') + "\"}}");
  const auto request = ParseLegacyRequest({"cc_kbc", "https://h:1", third});
  CHECK(absl::IsInvalidArgument(request.status()));
  CHECK(base::GetReason(request.status()) == base::Reason::kBadUri);
}

}  // namespace
}  // namespace attestd::agent
