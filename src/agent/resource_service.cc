// SPDX-License-Identifier: Apache-2.0
#include "agent/resource_service.h"

#include <absl/strings/match.h>

#include <string>
#include <utility>

#include "agent/legacy_request.h"
#include "agent/secret_reply.h"
#include "agent/typed_method.h"
#include "base/http_curl.h"
#include "proto/confidential_data_hub.pb.h"
#include "proto/getresource.pb.h"

namespace attestd::agent {
namespace {

absl::StatusOr<kbs::ResourceUri> DecodeUri(base::ByteView request) {
  api::GetResourceRequest message;
  RETURN_IF_ERROR(ParseMessage(request, message));
  return kbs::ResourceUri::Parse(message.resourcepath());
}

bool SameServer(const std::string& one, const std::string& other) {
  const auto a = base::ParseHttpUrl(one);
  const auto b = base::ParseHttpUrl(other);
  return a.ok() && b.ok() && a->scheme == b->scheme && a->host == b->host && a->port == b->port;
}

// The broker whose url is `kbs_uri`: a caller never chooses where requests go.
absl::StatusOr<const BrokerConfig*> FindBroker(const std::string& kbs_uri,
                                               const BrokerSet& brokers) {
  for (const ConfiguredBroker& broker : brokers.all()) {
    if (SameServer(kbs_uri, broker.config.url)) {
      return &broker.config;
    }
  }
  return base::MakeStatus(absl::StatusCode::kPermissionDenied, base::Reason::kUnknownBroker,
                          "getresource: KbsUri is not the url of a configured broker");
}

absl::StatusOr<kbs::ResourceUri> UriAt(const BrokerConfig& broker, const std::string& path) {
  auto uri = kbs::ResourceUri::Parse("kbs://" + broker.name + "/" + path);
  if (!uri.ok()) {
    // The name may hold what a URI does not.
    ASSIGN_OR_RETURN(const base::HttpUrl url, base::ParseHttpUrl(broker.url));
    uri = kbs::ResourceUri::Parse("kbs://" + url.host + ":" + url.port + "/" + path);
  }
  return uri;
}

absl::StatusOr<kbs::ResourceUri> DecodeLegacy(base::ByteView request, const BrokerSet& brokers) {
  getresource::GetResourceRequest message;
  RETURN_IF_ERROR(ParseMessage(request, message));
  ASSIGN_OR_RETURN(
      const LegacyRequest legacy,
      ParseLegacyRequest({message.resourcepath(), message.kbcname(), message.kbsuri()}));
  const BrokerConfig* broker = nullptr;
  if (!legacy.kbs_uri.empty()) {
    ASSIGN_OR_RETURN(broker, FindBroker(legacy.kbs_uri, brokers));
  }
  if (absl::StrContains(legacy.resource, "://")) {
    return kbs::ResourceUri::Parse(legacy.resource);
  }
  return broker != nullptr ? UriAt(*broker, legacy.resource)
                           : kbs::ResourceUri::Parse("kbs:///" + legacy.resource);
}

}  // namespace

void ResourceService::AddTo(base::MethodTable& methods) {
  methods["/" + std::string(kResourceService) + "/GetResource"] = Get(DecodeUri);
  methods["/getresource.GetResourceService/GetResource"] =
      Get([this](base::ByteView request) { return DecodeLegacy(request, *brokers_.Get()); });
}

base::Method ResourceService::Get(Decode decode) {
  return [this, decode = std::move(decode)](base::ByteView request, const base::CallContext& asked,
                                            base::Done asker) {
    calls_.Start(
        {.name = "GetResource", .caller = asked, .done = std::move(asker)},
        [&](const base::CallContext& caller, const base::Done& done) {
          const absl::StatusOr<kbs::ResourceUri> uri = decode(request);
          if (!uri.ok()) {
            done(uri.status());
            return;
          }
          secrets_.Get(*uri, caller, [done](const unseal::Secrets::Result& secret) {
            done(secret.ok() ? absl::StatusOr<base::Reply>(SecretReply(*secret)) : secret.status());
          });
        });
  };
}

}  // namespace attestd::agent
