// SPDX-License-Identifier: Apache-2.0
#include "agent/coco_as.h"

#include <utility>

#include "base/http_curl.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

// The service may fetch collateral before it answers.
constexpr absl::Duration kStallLimit = absl::Seconds(20);

}  // namespace

absl::StatusOr<std::unique_ptr<kbs::AsClient>> MakeAsClient(const CocoAsConfig& config,
                                                            const BrokerContext& context) {
  if (config.url.empty()) {
    return nullptr;
  }
  auto transport = base::CreateCurlTransport({.ca_file = config.ca_file,
                                              .allow_http = config.allow_http,
                                              .allow_loopback = config.allow_loopback,
                                              .pins = config.pins,
                                              .client_cert_file = config.client_cert_file,
                                              .client_key_file = config.client_key_file,
                                              .stall_limit = kStallLimit,
                                              .loop = &context.loop});
  if (!transport.ok()) {
    return base::Annotate(transport.status(), "[coco_as]");
  }
  if (config.allow_http) {
    base::Log(base::Severity::kWarning,
              "PLAIN HTTP is allowed to the attestation service; anyone on the path can forge "
              "tokens");
  }
  return std::make_unique<kbs::AsClient>(
      kbs::AsClientOptions{
          .url = config.url, .policies = config.policies, .init_data = context.init_data},
      *std::move(transport), context.collector);
}

}  // namespace attestd::agent
