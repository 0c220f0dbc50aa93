// SPDX-License-Identifier: Apache-2.0
// Not a test of attestd: a case that says "SKIPPED:" and then fails. ctest has to call it failed.
#include <catch2/catch.hpp>
#include <iostream>

TEST_CASE("It skips and fails") {
  std::cout << "SKIPPED: a file is not there" << std::endl;
  FAIL("and another is wrong");
}
