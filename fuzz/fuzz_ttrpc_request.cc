// SPDX-License-Identifier: Apache-2.0
// A ttRPC request: protobuf from any client of a socket.
// Covers: src/ttrpc/request.cc
#include "base/method.h"
#include "fuzz/fuzz_target.h"
#include "ttrpc/request.h"

FUZZ_TARGET(input) {
  const auto request = attestd::ttrpc::ParseRequest(input);
  if (!request.ok()) {
    FUZZ_CHECK(!request.status().message().empty());
    return;
  }
  FUZZ_CHECK(request->payload.size() <= attestd::base::kMaxRequestBytes);
  FUZZ_CHECK(request->path.size() >= 2 && request->path.front() == '/');
  FUZZ_CHECK(request->path.size() + request->payload.size() <= input.size() + 2);
}
