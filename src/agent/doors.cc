// SPDX-License-Identifier: Apache-2.0
#include "agent/doors.h"

#include <utility>

#include "agent/systemd_door.h"
#include "rest/server.h"
#include "ttrpc/server.h"

namespace attestd::agent {
namespace {

absl::StatusOr<rest::Features> ReadFeatures(const std::string& word) {
  const bool all = word == "all";
  const rest::Features features{.resource = all || word == "resource",
                                .attestation = all || word == "attestation"};
  if (!features.resource && !features.attestation) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "features: expected resource, attestation or all");
  }
  return features;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Doors>> Doors::Open(const base::MethodTable& methods,
                                                   const LimitsConfig& limits,
                                                   std::vector<SystemdCredential> systemd) {
  std::unique_ptr<Doors> doors(new Doors(methods));
  ASSIGN_OR_RETURN(auto grpc, GrpcDoor::Open(methods, limits));
  doors->grpc_ = grpc.get();
  doors->doors_[{.protocol = Protocol::kGrpc}] = std::move(grpc);
  ASSIGN_OR_RETURN(doors->doors_[{.protocol = Protocol::kTtrpc}], ttrpc::Server::Create(methods));
  ASSIGN_OR_RETURN(doors->doors_[{.protocol = Protocol::kSystemd}],
                   SystemdDoor::Open(methods, std::move(systemd)));
  return doors;
}

Doors::~Doors() {
  for (auto& [service, door] : doors_) {
    door->Drain();
  }
}

absl::StatusOr<base::Door*> Doors::Find(const Service& service) {
  if (service.protocol == Protocol::kAuto) {
    return nullptr;
  }
  std::unique_ptr<base::Door>& door = doors_[service];
  if (door == nullptr) {
    ASSIGN_OR_RETURN(const rest::Features features, ReadFeatures(service.features));
    ASSIGN_OR_RETURN(
        door, rest::Server::Create(methods_, {.features = features, .version = ATTESTD_VERSION}));
  }
  return door.get();
}

void Doors::SetServing(std::span<const std::string> names, bool serving) {
  grpc_->SetServing(names, serving);
}

}  // namespace attestd::agent
