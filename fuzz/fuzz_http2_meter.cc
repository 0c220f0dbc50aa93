// SPDX-License-Identifier: Apache-2.0
// What clients of gRPC send, as the meter in front of it sees it.
// Covers: src/agent/http2_meter.cc
#include <algorithm>
#include <memory>

#include "agent/http2_meter.h"
#include "fuzz/fuzz_target.h"

using attestd::agent::Http2Budget;
using attestd::agent::Http2Meter;
using attestd::base::ByteView;

namespace {

constexpr absl::Duration kNow = absl::Hours(1);

bool Passes(ByteView bytes, size_t piece) {
  Http2Meter meter(std::make_shared<Http2Budget>(Http2Budget::Requests{4000, 2000}, kNow));
  bool passes = true;
  while (!bytes.empty()) {
    const ByteView part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    passes = meter.Take(part, kNow);
  }
  return passes;
}

}  // namespace

FUZZ_TARGET(input) {
  if (input.empty()) {
    return;
  }
  // The first byte says in which pieces the rest comes, which makes no difference.
  const ByteView bytes = input.subspan(1);
  FUZZ_CHECK(Passes(bytes, size_t{input[0]} + 1) ==
             Passes(bytes, std::max<size_t>(1, bytes.size())));
}
