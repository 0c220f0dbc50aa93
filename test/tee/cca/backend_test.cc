// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "test/support/temp_dir.h"

namespace attestd::tee {
namespace {

Backend Cca() {
  for (const Backend& backend : BuiltInBackends()) {
    if (backend.name == "cca") {
      return backend;
    }
  }
  FAIL("no backend \"cca\"");
  return {};
}

TEST_CASE("The cca backend takes an absolute tsm_root and nothing else") {
  CHECK(Cca().validate({}).ok());
  CHECK(Cca().validate({{"tsm_root", std::string("/some/where")}}).ok());
  const absl::Status status = Cca().validate({{"tsm_root", std::string("some/where")}});
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()), Catch::Contains("tsm_root"));
  CHECK_FALSE(Cca().fake);
  CHECK_FALSE(Cca().device);
}

TEST_CASE("The cca backend says what it did not find") {
  const test::TempDir folder;
  const Settings settings = {{"tsm_root", folder.File("none")}};
  const ProbeResult result = Cca().probe(settings);
  CHECK_FALSE(result.present);
  CHECK_THAT(result.seen, Catch::Contains(folder.File("none")));
  const auto source = Cca().create(settings, {});
  CHECK(source->tee() == "cca");
  CHECK(source->report_data_limit() == 64);
  CHECK(absl::IsFailedPrecondition(source->Check()));
}

}  // namespace
}  // namespace attestd::tee
