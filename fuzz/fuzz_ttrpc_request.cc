// SPDX-License-Identifier: Apache-2.0
// A ttRPC request: protobuf from any client of a socket.
// Covers: src/ttrpc/request.cc
#include <array>

#include "base/method.h"
#include "fuzz/fuzz_target.h"
#include "ttrpc/request.h"

namespace {

// The request with another payload, of one byte more than is taken: of a field that comes twice
// the last one counts.
attestd::base::Bytes WithLongPayload(attestd::base::ByteView request) {
  constexpr size_t kTooLong = 65537;
  static_assert(kTooLong == attestd::base::kMaxRequestBytes + 1);
  constexpr std::array<uint8_t, 4> kPayloadOfTooLong = {0x1a, 0x81, 0x80, 0x04};
  attestd::base::Bytes bytes = attestd::base::ToBytes(request);
  bytes.insert(bytes.end(), kPayloadOfTooLong.begin(), kPayloadOfTooLong.end());
  bytes.resize(bytes.size() + kTooLong);
  return bytes;
}

}  // namespace

FUZZ_TARGET(input) {
  const auto request = attestd::ttrpc::ParseRequest(input);
  if (!request.ok()) {
    FUZZ_CHECK(!request.status().message().empty());
    return;
  }
  FUZZ_CHECK(request->payload.size() <= attestd::base::kMaxRequestBytes);
  FUZZ_CHECK(request->path.size() >= 2 && request->path.front() == '/');
  FUZZ_CHECK(request->path.size() + request->payload.size() <= input.size() + 2);
  const auto longer = attestd::ttrpc::ParseRequest(WithLongPayload(input));
  FUZZ_CHECK(absl::IsResourceExhausted(longer.status()));
}
