// SPDX-License-Identifier: Apache-2.0
#include "agent/resource_service.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <string>
#include <utility>

#include "agent/secret_reply.h"
#include "kbs_client/resource_uri.h"

namespace attestd::agent {
namespace {

absl::StatusOr<std::string> DecodePath(grpc::ByteBuffer request) {
  api::GetResourceRequest message;
  if (!grpc::SerializationTraits<api::GetResourceRequest>::Deserialize(&request, &message).ok()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not a GetResourceRequest");
  }
  return message.resourcepath();
}

}  // namespace

grpc::ServerUnaryReactor* ResourceService::GetResource(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return calls_.Run(context, "GetResource",
                    [this, buffer = *request, response](base::Deadline deadline) -> absl::Status {
                      ASSIGN_OR_RETURN(const std::string path, DecodePath(buffer));
                      ASSIGN_OR_RETURN(const auto uri, kbs::ResourceUri::Parse(path));
                      ASSIGN_OR_RETURN(kbs::KbsClient * client, brokers_.Select(uri.broker()));
                      ASSIGN_OR_RETURN(base::Secret secret, client->GetResource(uri, deadline));
                      *response = EncodeSecretReply(std::move(secret));
                      return absl::OkStatus();
                    });
}

}  // namespace attestd::agent
