// SPDX-License-Identifier: Apache-2.0
#include "base/secret_encoding.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/encoding.h"

namespace attestd::base {
namespace {

TEST_CASE("A secret in Base64 is what Base64Decode makes of it") {
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    const auto secret = Base64DecodeSecret(Base64Encode(bytes));
    REQUIRE(secret.ok());
    CHECK(secret->ConstantTimeEquals(bytes));
    bytes.push_back(static_cast<uint8_t>(i * 7));
  }
}

TEST_CASE("A secret is written in Base64 as Base64Encode does") {
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    Bytes text(Base64Size(bytes.size()));
    Base64EncodeSecret(bytes, text);
    CHECK(AsText(text) == Base64Encode(bytes));
    bytes.push_back(static_cast<uint8_t>(i * 7));
  }
}

TEST_CASE("Every byte is a digit here when it is one there") {
  const size_t place = GENERATE(range(size_t{0}, size_t{8}));
  int digits = 0;
  for (int byte = 0; byte < 256; ++byte) {
    std::string text = "QUJDREUG";
    text[place] = static_cast<char>(byte);
    CAPTURE(text);
    const auto expected = Base64Decode(text);
    const auto secret = Base64DecodeSecret(text);
    CHECK(secret.ok() == expected.ok());
    CHECK((!secret.ok() || secret->ConstantTimeEquals(*expected)));
    digits += secret.ok() ? 1 : 0;
  }
  CHECK(digits == (place == 7 ? 65 : 64));
}

TEST_CASE("What is not canonical Base64 is no secret") {
  const std::string_view text = GENERATE("Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z g=", "Zg==\n",
                                         "====", "=", "Z", "Zm9vY", "-_-_", "Zm=v");
  CAPTURE(text);
  const auto secret = Base64DecodeSecret(text);
  CHECK(absl::IsInvalidArgument(secret.status()));
  CHECK(secret.status().message() == "not padded Base64");
}

}  // namespace
}  // namespace attestd::base
