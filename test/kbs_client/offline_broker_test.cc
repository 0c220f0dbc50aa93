// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/offline_broker.h"

#include <catch2/catch.hpp>

#include "test/kbs_client/get_resource.h"

namespace attestd::kbs {
namespace {

TEST_CASE("Secrets come from files, of which a later one wins") {
  OfflineBroker broker;
  REQUIRE(broker.Add(R"({"default/key/1":"b25l","default/key/2":"dHdv"})").ok());
  REQUIRE(broker.Add(R"({"default/key/2":"VFdP"})").ok());
  CHECK(GetResource(broker, "kbs:///default/key/1")->ConstantTimeEquals(base::AsBytes("one")));
  CHECK(GetResource(broker, "kbs:///default/key/2")->ConstantTimeEquals(base::AsBytes("TWO")));
  CHECK(absl::IsNotFound(GetResource(broker, "kbs:///default/key/3").status()));
  CHECK(absl::IsNotFound(GetResource(broker, "kbs+echo:///default/key/1").status()));
  CHECK(absl::IsFailedPrecondition(broker.GetToken({}).status()));
}

TEST_CASE("A file of no use is refused without quoting a value") {
  const std::string text = GENERATE(as<std::string>{}, "", "[]", R"({"default/key":"c2VjcmV0"})",
                                    R"({"default/key/1":"c2VjcmV0!"})", R"({"default/key/1":7})",
                                    R"({"a/b/c":"c2VjcmV0","a/b/c":"c2VjcmV0"})");
  const absl::Status status = OfflineBroker().Add(text);
  CHECK(absl::IsInvalidArgument(status));
  CHECK(std::string(status.message()).find("c2Vj") == std::string::npos);
}

}  // namespace
}  // namespace attestd::kbs
