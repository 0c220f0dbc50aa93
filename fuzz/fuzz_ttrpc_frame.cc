// SPDX-License-Identifier: Apache-2.0
// Frames of ttRPC, as any client of a socket sends them.
// Covers: src/ttrpc/frame.cc
#include <algorithm>
#include <vector>

#include "fuzz/fuzz_target.h"
#include "ttrpc/frame.h"

namespace ttrpc = attestd::ttrpc;
using attestd::base::ByteView;

namespace {

constexpr size_t kMaxData = 1000;

std::vector<ttrpc::Frame> Cut(ByteView bytes, size_t piece) {
  ttrpc::FrameReader reader(kMaxData);
  std::vector<ttrpc::Frame> frames;
  while (!bytes.empty()) {
    ByteView part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    while (auto frame = reader.Next(part)) {
      frames.push_back(*std::move(frame));
    }
    FUZZ_CHECK(part.empty());
  }
  return frames;
}

}  // namespace

FUZZ_TARGET(input) {
  if (input.empty()) {
    return;
  }
  // The first byte says in which pieces the rest comes, which makes no difference.
  const ByteView bytes = input.subspan(1);
  const auto frames = Cut(bytes, size_t{input[0]} + 1);
  const auto again = Cut(bytes, bytes.size());
  FUZZ_CHECK(frames.size() == again.size());
  size_t used = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    const ttrpc::Frame& frame = frames[i];
    FUZZ_CHECK(frame.header == again[i].header && frame.data == again[i].data);
    FUZZ_CHECK(frame.too_long == (frame.header.length > kMaxData));
    FUZZ_CHECK(frame.data.size() == (frame.too_long ? 0 : frame.header.length));
    const ByteView header = bytes.subspan(used, ttrpc::kHeaderBytes);
    FUZZ_CHECK(
        std::ranges::equal(attestd::base::AsBytes(ttrpc::EncodeHeader(frame.header)), header));
    used += ttrpc::kHeaderBytes + frame.header.length;
    FUZZ_CHECK(used <= bytes.size() || (frame.too_long && i + 1 == frames.size()));
  }
}
