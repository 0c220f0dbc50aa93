// SPDX-License-Identifier: Apache-2.0
#include "ttrpc/frame.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace attestd::ttrpc {
namespace {

std::string MakeFrame(uint32_t stream, const std::string& data) {
  return EncodeHeader({.length = static_cast<uint32_t>(data.size()),
                       .stream = stream,
                       .type = kRequest,
                       .flags = 0x11}) +
         data;
}

// Gives the bytes in pieces.
std::vector<Frame> Cut(FrameReader& reader, const std::string& bytes, size_t piece) {
  std::vector<Frame> frames;
  for (size_t i = 0; i < bytes.size(); i += piece) {
    base::ByteView part = base::AsBytes(bytes).subspan(i, std::min(piece, bytes.size() - i));
    while (auto frame = reader.Next(part)) {
      frames.push_back(*std::move(frame));
    }
    CHECK(part.empty());
  }
  return frames;
}

TEST_CASE("A header is ten bytes, big-endian") {
  const std::string bytes =
      EncodeHeader({.length = 0x01020304, .stream = 0xa0b0c0d1, .type = 2, .flags = 4});
  CHECK(bytes == std::string("\x01\x02\x03\x04\xa0\xb0\xc0\xd1\x02\x04", 10));
}

TEST_CASE("Frames come out as they went in, in pieces of any size") {
  const size_t piece =
      GENERATE(size_t{1}, size_t{2}, size_t{9}, size_t{10}, size_t{11}, size_t{13}, size_t{1000});
  FrameReader reader(1000);
  const auto frames = Cut(
      reader, MakeFrame(1, "one") + MakeFrame(0xfffffffe, "") + MakeFrame(5, std::string(900, 'x')),
      piece);
  REQUIRE(frames.size() == 3);
  CHECK(frames.at(0).header == Header{.length = 3, .stream = 1, .type = 1, .flags = 0x11});
  CHECK(base::AsText(frames.at(0).data) == "one");
  CHECK(frames.at(1).header.stream == 0xfffffffe);
  CHECK(frames.at(1).data.empty());
  CHECK(base::AsText(frames.at(2).data) == std::string(900, 'x'));
  CHECK_FALSE(frames.at(2).too_long);
  CHECK_FALSE(reader.partial());
}

TEST_CASE("A frame that is too long is told at once, and its data dropped") {
  const size_t piece = GENERATE(size_t{1}, size_t{10}, size_t{64}, size_t{1000});
  FrameReader reader(100);
  const std::string longer = MakeFrame(3, std::string(101, 'x'));
  const auto first = Cut(reader, longer.substr(0, kHeaderBytes), piece);
  REQUIRE(first.size() == 1);
  CHECK(first.at(0).too_long);
  CHECK(first.at(0).header.length == 101);
  CHECK(first.at(0).data.empty());
  CHECK(reader.partial());
  const auto next =
      Cut(reader, longer.substr(kHeaderBytes) + MakeFrame(5, std::string(100, 'y')), piece);
  REQUIRE(next.size() == 1);
  CHECK(next.at(0).header.stream == 5);
  CHECK(next.at(0).data.size() == 100);
  CHECK_FALSE(next.at(0).too_long);
}

TEST_CASE("A frame that has begun is partial") {
  FrameReader reader(100);
  CHECK_FALSE(reader.partial());
  const std::string frame = MakeFrame(1, "abc");
  const size_t part = GENERATE(size_t{1}, size_t{10}, size_t{12});
  CHECK(Cut(reader, frame.substr(0, part), part).empty());
  CHECK(reader.partial());
  CHECK(Cut(reader, frame.substr(part), 100).size() == 1);
  CHECK_FALSE(reader.partial());
}

}  // namespace
}  // namespace attestd::ttrpc
