// SPDX-License-Identifier: Apache-2.0
#include "agent/admin_service.h"

#include "agent/typed_method.h"
#include "proto/attestd.pb.h"

namespace attestd::agent {

using attestd::v1::ReloadRequest;
using attestd::v1::ReloadResponse;

void AdminService::AddTo(base::MethodTable& methods) {
  methods["/attestd.v1.AdminService/Reload"] = BlockingMethod<ReloadRequest, ReloadResponse>(
      calls_, "Reload",
      [this](const ReloadRequest& /*request*/,
             const base::CallContext& /*caller*/) -> absl::StatusOr<ReloadResponse> {
        RETURN_IF_ERROR(reload_());
        return ReloadResponse();
      });
}

}  // namespace attestd::agent
