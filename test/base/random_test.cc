// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <catch2/catch.hpp>
#include <set>

namespace attestd::base {
namespace {

TEST_CASE("Random bytes have their number, and are others each time") {
  CHECK(RandomBytes(0).value().empty());
  std::set<Bytes> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(RandomBytes(12).value());
  }
  CHECK(seen.size() == 100);
  CHECK(seen.begin()->size() == 12);
}

}  // namespace
}  // namespace attestd::base
