// SPDX-License-Identifier: Apache-2.0
#include "base/fingerprint.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace attestd::base {
namespace {

TEST_CASE("Fingerprinter tells the same bytes from others, and is no other's") {
  const auto one = Fingerprinter::Create();
  const auto other = Fingerprinter::Create();
  REQUIRE(one.ok());
  REQUIRE(other.ok());
  std::set<Bytes> seen;
  for (const std::string& text : {std::string(), std::string("a"), std::string("a\0", 2),
                                  std::string("b"), std::string(1 << 20, 'x')}) {
    const auto print = one->Of(AsBytes(text));
    REQUIRE(print.ok());
    CHECK(print->size() == 32);
    CHECK(*print == *one->Of(AsBytes(text)));
    CHECK(*print != *other->Of(AsBytes(text)));
    seen.insert(*print);
  }
  CHECK(seen.size() == 5);
  CHECK(one->Of({}).ok());
}

}  // namespace
}  // namespace attestd::base
