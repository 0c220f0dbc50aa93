// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"

#include <catch2/catch.hpp>

#include "base/text.h"

namespace attestd::base {
namespace {

TEST_CASE("Base64 encodes the RFC 4648 vectors and reads them back") {
  struct Row {
    std::string_view plain, standard, url;
  };
  const auto row =
      GENERATE(Row{"", "", ""}, Row{"f", "Zg==", "Zg"}, Row{"fo", "Zm8=", "Zm8"},
               Row{"foo", "Zm9v", "Zm9v"}, Row{"foob", "Zm9vYg==", "Zm9vYg"},
               Row{"fooba", "Zm9vYmE=", "Zm9vYmE"}, Row{"\xfb\xff\xfe", "+//+", "-__-"});
  const ByteView plain = AsBytes(row.plain);
  CHECK(Base64Encode(plain) == row.standard);
  CHECK(Base64UrlEncode(plain) == row.url);
  CHECK(Base64UrlPaddedEncode(plain).size() == row.standard.size());
  CHECK(*Base64Decode(row.standard) == ToBytes(plain));
  CHECK(*Base64UrlDecode(row.url) == ToBytes(plain));
  CHECK(*Base64UrlPaddedDecode(Base64UrlPaddedEncode(plain)) == ToBytes(plain));
}

TEST_CASE("Base64 refuses what is not canonical") {
  const std::string_view text = GENERATE("Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z g=", "Zg==\n",
                                         "====", "Z", "Zm9vY", "-_-_", "Zm=v");
  CHECK_FALSE(Base64Decode(text).ok());
}

TEST_CASE("Base64url refuses padding, the other alphabet and spare bits") {
  const std::string_view text = GENERATE("Zg==", "+//+", "Zh", "Z", "Zm9vYg=", "Zm 9");
  CHECK_FALSE(Base64UrlDecode(text).ok());
}

TEST_CASE("Hex reads either case and refuses the rest") {
  CHECK(*HexDecode("00fFa9") == Bytes{0x00, 0xff, 0xa9});
  CHECK(HexEncode(Bytes{0x00, 0xff, 0xa9}) == "00ffa9");
  CHECK(HexDecode("")->empty());
  const std::string_view bad = GENERATE("0", "0g", "0x00", " 00", "000");
  CHECK_FALSE(HexDecode(bad).ok());
}

TEST_CASE("Numbers are written least significant byte first, as long as asked") {
  CHECK(LittleEndian(0x0102030405060708, 8) == Bytes{8, 7, 6, 5, 4, 3, 2, 1});
  CHECK(LittleEndian(0x0102, 4) == Bytes{2, 1, 0, 0});
  CHECK(LittleEndian(0x0102, 1) == Bytes{2});
}

TEST_CASE("Escaped text is printable ASCII, whatever came in") {
  CHECK(Escaped("plain ~text") == "plain ~text");
  CHECK(Escaped("a\nb\x1b\x7f\xc2\x9b\xff") == "a\\x0ab\\x1b\\x7f\\xc2\\x9b\\xff");
  CHECK(Escaped(std::string_view("\0", 1)) == "\\x00");
}

}  // namespace
}  // namespace attestd::base
