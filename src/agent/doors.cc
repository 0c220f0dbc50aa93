// SPDX-License-Identifier: Apache-2.0
#include "agent/doors.h"

#include <utility>

#include "ttrpc/server.h"

namespace attestd::agent {

absl::StatusOr<std::unique_ptr<Doors>> Doors::Open(const base::MethodTable& methods) {
  std::unique_ptr<Doors> doors(new Doors());
  ASSIGN_OR_RETURN(auto grpc, GrpcDoor::Open(methods));
  doors->grpc_ = grpc.get();
  doors->doors_[Protocol::kGrpc] = std::move(grpc);
  ASSIGN_OR_RETURN(doors->doors_[Protocol::kTtrpc], ttrpc::Server::Create(methods));
  return doors;
}

Doors::~Doors() {
  for (auto& [protocol, door] : doors_) {
    door->Drain();
  }
}

void Doors::SetServing(std::span<const std::string> names, bool serving) {
  grpc_->SetServing(names, serving);
}

}  // namespace attestd::agent
