// SPDX-License-Identifier: Apache-2.0
#include "agent/secret_reply.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace attestd::agent {
namespace {

// Field 1, wire type 2 (length-delimited).
constexpr uint8_t kFieldOneBytes = 0x0a;

grpc::Slice EncodeHeader(size_t size) {
  std::array<uint8_t, 11> header{kFieldOneBytes};
  size_t used = 1;
  for (; size >= 0x80; size >>= 7) {
    header.at(used++) = static_cast<uint8_t>(size | 0x80);
  }
  header.at(used++) = static_cast<uint8_t>(size);
  return {header.data(), used};
}

}  // namespace

grpc::ByteBuffer EncodeSecretReply(std::shared_ptr<const base::Secret> secret) {
  if (secret->size() == 0) {
    const grpc::Slice empty;  // proto3 leaves out a field that holds its default
    return {&empty, 1};
  }
  const grpc::Slice header = EncodeHeader(secret->size());
  // gRPC only reads it, though its type does not say so.
  auto* data = const_cast<uint8_t*>(secret->view().data());
  const size_t size = secret->size();
  using Owner = std::shared_ptr<const base::Secret>;
  const grpc::Slice body(
      data, size, [](void* held) { std::default_delete<Owner>()(static_cast<Owner*>(held)); },
      std::make_unique<Owner>(std::move(secret)).release());
  const std::array<grpc::Slice, 2> slices = {header, body};
  return {slices.data(), slices.size()};
}

}  // namespace attestd::agent
