// SPDX-License-Identifier: Apache-2.0
#include "agent/resource_service.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "agent/secret_reply.h"
#include "kbs_client/resource_uri.h"

namespace attestd::agent {
namespace {

absl::StatusOr<kbs::ResourceUri> DecodeUri(const grpc::ByteBuffer& request) {
  grpc::ByteBuffer buffer = request;
  api::GetResourceRequest message;
  if (!grpc::SerializationTraits<api::GetResourceRequest>::Deserialize(&buffer, &message).ok()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not a GetResourceRequest");
  }
  return kbs::ResourceUri::Parse(message.resourcepath());
}

}  // namespace

grpc::ServerUnaryReactor* ResourceService::GetResource(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return calls_.Start(
      context, "GetResource", [&](const base::CallContext& caller, const CallRunner::Done& done) {
        const absl::StatusOr<kbs::ResourceUri> uri = DecodeUri(*request);
        if (!uri.ok()) {
          done(uri.status());
          return;
        }
        flights_.Get(*uri, caller, [response, done](const ResourceFlights::Result& secret) {
          if (secret.ok()) {
            *response = EncodeSecretReply(*secret);
          }
          done(secret.status());
        });
      });
}

}  // namespace attestd::agent
