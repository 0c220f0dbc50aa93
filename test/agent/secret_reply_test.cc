// SPDX-License-Identifier: Apache-2.0
#include "agent/secret_reply.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/grpc_library.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "proto/confidential_data_hub.pb.h"

namespace attestd::agent {
namespace {

TEST_CASE("The hand-written reply is what protobuf would write") {
  // A program that uses no channel and no server has to start gRPC's library itself.
  grpc::internal::GrpcLibraryInitializer().summon();
  const size_t size = GENERATE(size_t{0}, size_t{1}, size_t{127}, size_t{128}, size_t{16383},
                               size_t{16384}, size_t{1} << 20);
  const std::string text(size, '\x5a');
  grpc::ByteBuffer buffer = EncodeSecretReply(
      std::make_shared<const base::Secret>(*base::Secret::Copy(base::AsBytes(text))));
  api::GetResourceResponse expected;
  expected.set_resource(text);
  CHECK(buffer.Length() == expected.ByteSizeLong());
  api::GetResourceResponse parsed;
  REQUIRE(grpc::SerializationTraits<api::GetResourceResponse>::Deserialize(&buffer, &parsed).ok());
  CHECK(parsed.resource() == text);
}

}  // namespace
}  // namespace attestd::agent
