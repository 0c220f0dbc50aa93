// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_reply.h"

#include <grpc/slice.h>

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

namespace attestd::agent {
namespace {

grpc_slice Share(std::shared_ptr<const base::Secret> secret) {
  // gRPC only reads it, though its type does not say so.
  auto* data = const_cast<uint8_t*>(secret->view().data());
  const size_t size = secret->size();
  using Owner = std::shared_ptr<const base::Secret>;
  return grpc_slice_new_with_user_data(
      data, size, [](void* held) { std::default_delete<Owner>()(static_cast<Owner*>(held)); },
      std::make_unique<Owner>(std::move(secret)).release());
}

}  // namespace

GrpcBuffer GrpcReply(base::Reply reply) {
  std::array<grpc_slice, 2> slices = {
      grpc_slice_from_copied_buffer(reply.bytes.data(), reply.bytes.size()), grpc_empty_slice()};
  size_t count = 1;
  if (reply.secret != nullptr) {
    slices[count++] = Share(std::move(reply.secret));
  }
  GrpcBuffer buffer(grpc_raw_byte_buffer_create(slices.data(), count));
  // The buffer has its own references.
  for (const grpc_slice& slice : slices) {
    grpc_slice_unref(slice);
  }
  return buffer;
}

}  // namespace attestd::agent
