// SPDX-License-Identifier: Apache-2.0
#include "agent/secret_reply.h"

#include <grpc/byte_buffer_reader.h>
#include <grpcpp/impl/grpc_library.h>
#include <grpcpp/support/slice.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "agent/grpc_reply.h"
#include "proto/confidential_data_hub.pb.h"

namespace attestd::agent {
namespace {

std::shared_ptr<const base::Secret> MakeSecret(const std::string& text) {
  return std::make_shared<const base::Secret>(*base::Secret::Copy(base::AsBytes(text)));
}

std::vector<grpc::Slice> Slices(grpc_byte_buffer* buffer) {
  grpc_byte_buffer_reader reader;
  REQUIRE(grpc_byte_buffer_reader_init(&reader, buffer) == 1);
  std::vector<grpc::Slice> slices;
  grpc_slice slice;
  while (grpc_byte_buffer_reader_next(&reader, &slice) != 0) {
    slices.emplace_back(slice, grpc::Slice::STEAL_REF);
  }
  grpc_byte_buffer_reader_destroy(&reader);
  return slices;
}

TEST_CASE("The hand-written reply is what protobuf would write, over gRPC too") {
  // A program that uses no channel and no server has to start gRPC's library itself.
  grpc::internal::GrpcLibraryInitializer().summon();
  const size_t size = GENERATE(size_t{0}, size_t{1}, size_t{127}, size_t{128}, size_t{16383},
                               size_t{16384}, size_t{1} << 20);
  const std::string text(size, '\x5a');
  const base::Reply reply = SecretReply(MakeSecret(text));
  api::GetResourceResponse expected;
  expected.set_resource(text);
  CHECK(reply.size() == expected.ByteSizeLong());
  CHECK(reply.bytes + (reply.secret ? std::string(base::AsText(reply.secret->view())) : "") ==
        expected.SerializeAsString());
  std::string sent;
  for (const grpc::Slice& slice : Slices(GrpcReply(reply).get())) {
    sent.append(slice.begin(), slice.end());
  }
  CHECK(sent == expected.SerializeAsString());
}

TEST_CASE("gRPC gets the secret itself, and lets go of it with the buffer") {
  grpc::internal::GrpcLibraryInitializer().summon();
  const std::shared_ptr<const base::Secret> secret = MakeSecret(std::string(4096, 's'));
  {
    const GrpcBuffer buffer = GrpcReply(SecretReply(secret));
    CHECK(secret.use_count() > 1);
    const std::vector<grpc::Slice> slices = Slices(buffer.get());
    REQUIRE(slices.size() == 2);
    CHECK(slices.at(1).begin() == secret->view().data());
  }
  CHECK(secret.use_count() == 1);
}

}  // namespace
}  // namespace attestd::agent
