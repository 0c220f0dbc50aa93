// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_reply.h"

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

namespace attestd::agent {
namespace {

grpc::Slice Share(std::shared_ptr<const base::Secret> secret) {
  // gRPC only reads it, though its type does not say so.
  auto* data = const_cast<uint8_t*>(secret->view().data());
  const size_t size = secret->size();
  using Owner = std::shared_ptr<const base::Secret>;
  return {data, size, [](void* held) { std::default_delete<Owner>()(static_cast<Owner*>(held)); },
          std::make_unique<Owner>(std::move(secret)).release()};
}

}  // namespace

grpc::ByteBuffer GrpcReply(base::Reply reply) {
  const grpc::Slice bytes(reply.bytes);
  if (reply.secret == nullptr) {
    return {&bytes, 1};
  }
  const std::array<grpc::Slice, 2> slices = {bytes, Share(std::move(reply.secret))};
  return {slices.data(), slices.size()};
}

}  // namespace attestd::agent
