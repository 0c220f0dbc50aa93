// SPDX-License-Identifier: Apache-2.0
#include "agent/resource_service.h"

#include <string>
#include <utility>

#include "agent/secret_reply.h"
#include "agent/typed_method.h"
#include "kbs_client/resource_uri.h"
#include "proto/confidential_data_hub.pb.h"

namespace attestd::agent {
namespace {

absl::StatusOr<kbs::ResourceUri> DecodeUri(base::ByteView request) {
  api::GetResourceRequest message;
  RETURN_IF_ERROR(ParseMessage(request, message));
  return kbs::ResourceUri::Parse(message.resourcepath());
}

}  // namespace

void ResourceService::AddTo(base::MethodTable& methods) {
  methods["/" + std::string(kResourceService) + "/GetResource"] =
      [this](base::ByteView request, const base::CallContext& caller, base::Done done) {
        GetResource(request, {.name = "GetResource", .caller = caller, .done = std::move(done)});
      };
}

void ResourceService::GetResource(base::ByteView request, Call call) {
  calls_.Start(std::move(call), [&](const base::CallContext& caller, const base::Done& done) {
    const absl::StatusOr<kbs::ResourceUri> uri = DecodeUri(request);
    if (!uri.ok()) {
      done(uri.status());
      return;
    }
    flights_.Get(*uri, caller, [done](const ResourceFlights::Result& secret) {
      done(secret.ok() ? absl::StatusOr<base::Reply>(SecretReply(*secret)) : secret.status());
    });
  });
}

}  // namespace attestd::agent
