// SPDX-License-Identifier: Apache-2.0
#include "agent/secret_reply.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/grpc_library.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "agent/grpc_reply.h"
#include "proto/confidential_data_hub.pb.h"

namespace attestd::agent {
namespace {

std::shared_ptr<const base::Secret> MakeSecret(const std::string& text) {
  return std::make_shared<const base::Secret>(*base::Secret::Copy(base::AsBytes(text)));
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
  grpc::ByteBuffer buffer = GrpcReply(reply);
  CHECK(buffer.Length() == expected.ByteSizeLong());
  api::GetResourceResponse parsed;
  REQUIRE(grpc::SerializationTraits<api::GetResourceResponse>::Deserialize(&buffer, &parsed).ok());
  CHECK(parsed.resource() == text);
}

TEST_CASE("gRPC gets the secret itself, and lets go of it with the buffer") {
  grpc::internal::GrpcLibraryInitializer().summon();
  const std::shared_ptr<const base::Secret> secret = MakeSecret(std::string(4096, 's'));
  {
    const grpc::ByteBuffer buffer = GrpcReply(SecretReply(secret));
    CHECK(secret.use_count() > 1);
    std::vector<grpc::Slice> slices;
    REQUIRE(buffer.Dump(&slices).ok());
    REQUIRE(slices.size() == 2);
    CHECK(slices.at(1).begin() == secret->view().data());
  }
  CHECK(secret.use_count() == 1);
}

}  // namespace
}  // namespace attestd::agent
