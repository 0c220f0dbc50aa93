// SPDX-License-Identifier: Apache-2.0
#include "base/byte_reader.h"

#include <catch2/catch.hpp>

namespace attestd::base {
namespace {

TEST_CASE("ByteReader reads both byte orders") {
  const Bytes bytes = {1, 2, 3, 4, 5, 6, 7, 8};
  CHECK(*ByteReader(bytes).ReadU8() == 0x01);
  CHECK(*ByteReader(bytes).ReadU16Be() == 0x0102);
  CHECK(*ByteReader(bytes).ReadU32Be() == 0x01020304);
  CHECK(*ByteReader(bytes).ReadU64Be() == 0x0102030405060708);
  CHECK(*ByteReader(bytes).ReadU16Le() == 0x0201);
  CHECK(*ByteReader(bytes).ReadU32Le() == 0x04030201);
  CHECK(*ByteReader(bytes).ReadU64Le() == 0x0807060504030201);
}

TEST_CASE("ByteReader refuses to read past the end and stays where it was") {
  const Bytes bytes = {0, 3, 7, 7};
  ByteReader reader(bytes);
  CHECK_FALSE(reader.ReadU64Be().ok());
  CHECK_FALSE(reader.ReadBytes(5).ok());
  CHECK_FALSE(reader.ReadBytes(SIZE_MAX).ok());
  CHECK_FALSE(reader.ReadSized16Be().ok());
  CHECK(reader.offset() == 0);
  CHECK_FALSE(reader.ExpectEnd().ok());
  REQUIRE(reader.ReadBytes(4).ok());
  CHECK(reader.ExpectEnd().ok());
  CHECK_FALSE(reader.ReadU8().ok());
}

TEST_CASE("ByteReader reads a sized field") {
  const Bytes bytes = {0, 2, 7, 8, 9};
  ByteReader reader(bytes);
  const auto field = reader.ReadSized16Be();
  REQUIRE(field.ok());
  CHECK(ToBytes(*field) == Bytes{7, 8});
  CHECK(reader.remaining() == 1);
}

}  // namespace
}  // namespace attestd::base
