// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "tee/backend.h"

namespace attestd::tee {
namespace {

TEST_CASE("BuiltInBackends are those of TEE_BACKENDS, in its order") {
  std::string names;
  for (const Backend& backend : BuiltInBackends()) {
    names += (names.empty() ? "" : " ") + backend.name;
  }
  CHECK(names == TEE_BACKENDS);
}

TEST_CASE("Each built-in backend is complete and takes its defaults") {
  for (const Backend& backend : BuiltInBackends()) {
    INFO(backend.name);
    REQUIRE(backend.validate != nullptr);
    REQUIRE(backend.probe != nullptr);
    REQUIRE(backend.create != nullptr);
    CHECK(backend.validate({}).ok());
    CHECK_FALSE(backend.probe({}).seen.empty());
    CHECK(backend.create({}, {}) != nullptr);
    CHECK(backend.fake == backend.name.starts_with("sample"));
    CHECK(backend.device == (backend.name == "sample_device" || backend.name == "nvidia"));
  }
}

}  // namespace
}  // namespace attestd::tee
