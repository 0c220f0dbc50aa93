// SPDX-License-Identifier: Apache-2.0
#include "base/cbor.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/encoding.h"

namespace attestd::base {
namespace {

Bytes Hex(const std::string& text) { return HexDecode(text).value(); }

TEST_CASE("CBOR values are read and written as RFC 8949, appendix A, shows them") {
  struct Example {
    const char* hex;
    Cbor value;
  };
  const auto example = GENERATE(values<Example>({
      {"00", Cbor::Integer(0)},
      {"17", Cbor::Integer(23)},
      {"1818", Cbor::Integer(24)},
      {"1903e8", Cbor::Integer(1000)},
      {"1a000f4240", Cbor::Integer(1000000)},
      {"1b000000e8d4a51000", Cbor::Integer(1000000000000)},
      {"1b7fffffffffffffff", Cbor::Integer(INT64_MAX)},
      {"20", Cbor::Integer(-1)},
      {"3863", Cbor::Integer(-100)},
      {"3b7fffffffffffffff", Cbor::Integer(INT64_MIN)},
      {"40", Cbor::ByteString({})},
      {"4401020304", Cbor::ByteString(Bytes{1, 2, 3, 4})},
      {"60", Cbor::Text("")},
      {"62c3bc", Cbor::Text("\u00fc")},
      {"80", Cbor::Array({})},
      {"83010203", Cbor::Array({Cbor::Integer(1), Cbor::Integer(2), Cbor::Integer(3)})},
      {"a0", Cbor::Map({})},
      {"a201020304",
       Cbor::Map({Cbor::Integer(1), Cbor::Integer(2), Cbor::Integer(3), Cbor::Integer(4)})},
      {"c11a514b67b0", Cbor::Tag(1, Cbor::Integer(1363896240))},
      {"d200", Cbor::Tag(18, Cbor::Integer(0))},
      {"d9018f40", Cbor::Tag(399, Cbor::ByteString({}))},
      {"f4", {.kind = Cbor::Kind::kSimple, .number = 20}},
      {"f5", {.kind = Cbor::Kind::kSimple, .number = 21}},
      {"f6", {.kind = Cbor::Kind::kSimple, .number = 22}},
      {"f7", {.kind = Cbor::Kind::kSimple, .number = 23}},
  }));
  CAPTURE(example.hex);
  CHECK(ParseCbor(Hex(example.hex)).value() == example.value);
  CHECK(HexEncode(EncodeCbor(example.value)) == example.hex);
}

TEST_CASE("CBOR that is malformed or of no use to a token is refused") {
  const auto [hex, why] = GENERATE(table<std::string, std::string>({
      {"", "end inside"},
      {"18", "end inside"},
      {"44010203", "end inside"},
      {"830102", "end inside"},
      {"a101", "end inside"},
      {"d2", "end inside"},
      {"0000", "bytes behind the value at offset 1"},
      {"a201020103", "a key of a map twice"},
      {"1b8000000000000000", "no value of a kind that is taken"},
      {"3b8000000000000000", "no value of a kind that is taken"},
      {"db800000000000000000", "no value of a kind that is taken"},
      {"f93c00", "no value of a kind that is taken"},
      {"fa3f800000", "no value of a kind that is taken"},
      {"fb3ff0000000000000", "no value of a kind that is taken"},
      {"5f4101ff", "no value of a kind that is taken"},
      {"7f6161ff", "no value of a kind that is taken"},
      {"9f01ff", "no value of a kind that is taken"},
      {"bf0102ff", "no value of a kind that is taken"},
      {"ff", "no value of a kind that is taken"},
      {"1c", "no value of a kind that is taken"},
      {"f8ff", "no value of a kind that is taken"},
      {"61ff", "no value of a kind that is taken"},  // not UTF-8
  }));
  CAPTURE(hex);
  const auto value = ParseCbor(Hex(hex));
  CHECK(absl::IsInvalidArgument(value.status()));
  CHECK_THAT(std::string(value.status().message()), Catch::Contains(why));
}

TEST_CASE("CBOR that claims more than is there costs nothing") {
  const std::string hex = GENERATE("9bffffffffffffffff", "bbffffffffffffffff", "bb7fffffffffffffff",
                                   "9a00000401", "5bffffffffffffffff", "7bffffffffffffffff");
  CAPTURE(hex);
  CHECK(absl::IsInvalidArgument(ParseCbor(Hex(hex)).status()));
}

TEST_CASE("CBOR is read up to each limit and not beyond") {
  const auto nested = [](size_t depth) {
    Bytes bytes(depth, 0x81);
    bytes.push_back(0);
    return bytes;
  };
  const CborLimits limits{.size = 100, .depth = 3, .items = 6};
  CHECK(ParseCbor(nested(3), limits).ok());
  CHECK_THAT(std::string(ParseCbor(nested(4), limits).status().message()),
             Catch::Contains("deeper than the limit at offset 3"));
  CHECK(ParseCbor(Hex("850000000000"), limits).ok());
  CHECK_THAT(std::string(ParseCbor(Hex("86000000000000"), limits).status().message()),
             Catch::Contains("more items than the limit"));
  Bytes text(100, 'a');
  text[0] = 0x78;
  text[1] = 98;
  CHECK(ParseCbor(text, limits).ok());
  text[1] = 99;
  text.push_back('a');
  CHECK_THAT(std::string(ParseCbor(text, limits).status().message()),
             Catch::Contains("more bytes than the limit"));
}

TEST_CASE("Find looks up integer keys of maps only") {
  const Cbor map = Cbor::Map({Cbor::Text("1"), Cbor::Integer(5), Cbor::Integer(1), Cbor::Integer(6),
                              Cbor::Integer(-2), Cbor::Integer(7)});
  REQUIRE(map.Find(1) != nullptr);
  CHECK(map.Find(1)->number == 6);
  REQUIRE(map.Find(-2) != nullptr);
  CHECK(map.Find(-2)->number == 7);
  CHECK(map.Find(2) == nullptr);
  CHECK(Cbor::Array({Cbor::Integer(1), Cbor::Integer(2)}).Find(1) == nullptr);
}

}  // namespace
}  // namespace attestd::base
