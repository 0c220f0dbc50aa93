// SPDX-License-Identifier: Apache-2.0
#include "test/memory/needles.h"

#include <catch2/catch.hpp>
#include <random>

#include "base/encoding.h"

namespace attestd::memory_scan {
namespace {

base::Bytes RandomBytes(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  base::Bytes bytes(size);
  for (uint8_t& byte : bytes) {
    byte = static_cast<uint8_t>(random());
  }
  return bytes;
}

Needles Of(const base::Bytes& needle) {
  auto needles = Needles::Parse("secret " + base::HexEncode(needle) + "\n");
  REQUIRE(needles.ok());
  return *std::move(needles);
}

TEST_CASE("Every window of 16 bytes of a needle is found, at every address") {
  const base::Bytes needle = RandomBytes(100, 1);
  const Needles needles = Of(needle);
  for (size_t from = 0; from + kPiece <= needle.size(); ++from) {
    for (size_t at = 0; at < 9; ++at) {
      base::Bytes haystack = RandomBytes(64, 2);
      std::copy_n(needle.begin() + static_cast<ptrdiff_t>(from), kPiece,
                  haystack.begin() + static_cast<ptrdiff_t>(at));
      const auto pieces = needles.FindIn(haystack);
      REQUIRE(pieces.size() == 1);
      // A byte beside it may be the needle's by chance.
      REQUIRE(pieces[0].at <= at);
      REQUIRE(pieces[0].at + pieces[0].size >= at + kPiece);
      REQUIRE(pieces[0].in_needle + (at - pieces[0].at) == from);
    }
  }
}

TEST_CASE("Fifteen bytes of a needle are no piece") {
  const base::Bytes needle = RandomBytes(100, 1);
  const Needles needles = Of(needle);
  for (size_t from = 0; from + kPiece <= needle.size(); ++from) {
    base::Bytes haystack(64, 0xff);
    std::copy_n(needle.begin() + static_cast<ptrdiff_t>(from), kPiece - 1, haystack.begin() + 20);
    haystack[19] = static_cast<uint8_t>(~needle[from == 0 ? 0 : from - 1]);
    haystack[20 + kPiece - 1] = static_cast<uint8_t>(~needle[from + kPiece - 1]);
    REQUIRE(needles.FindIn(haystack).empty());
  }
}

TEST_CASE("A run counts once, and two runs beside each other twice") {
  const base::Bytes needle = RandomBytes(size_t{1} << 20, 1);
  const Needles needles = Of(needle);
  CHECK(needles.FindIn(needle).size() == 1);
  base::Bytes twice(needle.begin(), needle.begin() + 4096);
  twice.insert(twice.end(), needle.begin(), needle.begin() + 4096);
  const auto pieces = needles.FindIn(twice);
  REQUIRE(pieces.size() == 2);
  CHECK((pieces[1].at == 4096 && pieces[1].size == 4096));
  CHECK(needles.FindIn({}).empty());
}

TEST_CASE("What lies in zeros is found") {
  const base::Bytes needle = RandomBytes(100, 1);
  const Needles needles = Of(needle);
  for (size_t at = 0; at < 64; ++at) {
    base::Bytes haystack(200);
    std::copy_n(needle.begin() + 3, kPiece, haystack.begin() + static_cast<ptrdiff_t>(at));
    const auto pieces = needles.FindIn(haystack);
    REQUIRE(pieces.size() == 1);
    REQUIRE((pieces[0].at == at && pieces[0].in_needle == 3));
  }
}

TEST_CASE("Needles have their names") {
  const base::Bytes one = RandomBytes(48, 1);
  const base::Bytes other = RandomBytes(48, 2);
  const auto needles =
      Needles::Parse("one " + base::HexEncode(one) + "\nother " + base::HexEncode(other) + "\n");
  REQUIRE(needles.ok());
  const auto pieces = needles->FindIn(other);
  REQUIRE(pieces.size() == 1);
  CHECK(needles->names()[pieces[0].needle] == "other");
}

TEST_CASE("A line that is no needle is refused") {
  const std::string line =
      GENERATE("secret", "secret 0011", "secret xx", " 00", "secret 00112233445566778899aabbccddee",
               "secret 00112233445566770000000000000000");
  CHECK(absl::IsInvalidArgument(Needles::Parse(line).status()));
}

}  // namespace
}  // namespace attestd::memory_scan
