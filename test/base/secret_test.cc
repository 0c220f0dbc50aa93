// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <sstream>
#include <type_traits>
#include <utility>

namespace attestd::base {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!Printable<Secret>, "a Secret must have no way into a log");
static_assert(Printable<int>, "the question above can be answered with yes");
static_assert(!std::is_convertible_v<Secret, std::string>);

TEST_CASE("Secret holds any bytes, none and NULs among them") {
  const std::string text = GENERATE(std::string(), std::string("x"), std::string("a\0b\0", 4),
                                    std::string(size_t{1} << 20, '\0'));
  const auto secret = Secret::Copy(AsBytes(text));
  REQUIRE(secret.ok());
  CHECK(secret->size() == text.size());
  CHECK(secret->ConstantTimeEquals(AsBytes(text)));
}

TEST_CASE("Secret moves without leaving anything behind") {
  auto first = Secret::Copy(AsBytes("moved"));
  REQUIRE(first.ok());
  const uint8_t* home = first->view().data();
  Secret second = *std::move(first);
  CHECK(second.view().data() == home);
  CHECK(first->size() == 0);
  CHECK(first->view().data() == nullptr);
}

TEST_CASE("Secret wipes its tail when it is made shorter") {
  auto secret = Secret::Copy(AsBytes("0123456789"));
  REQUIRE(secret.ok());
  secret->Truncate(4);
  CHECK(secret->size() == 4);
  CHECK(std::memcmp(secret->view().data() + 4, "\0\0\0\0\0\0", 6) == 0);
  secret->Truncate(100);
  CHECK(secret->size() == 4);
}

TEST_CASE("Secret compares whole contents") {
  const auto secret = Secret::Copy(AsBytes("abc"));
  REQUIRE(secret.ok());
  CHECK(secret->ConstantTimeEquals(AsBytes("abc")));
  CHECK_FALSE(secret->ConstantTimeEquals(AsBytes("abd")));
  CHECK_FALSE(secret->ConstantTimeEquals(AsBytes("ab")));
  CHECK_FALSE(secret->ConstantTimeEquals({}));
}

}  // namespace
}  // namespace attestd::base
