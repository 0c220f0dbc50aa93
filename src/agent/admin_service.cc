// SPDX-License-Identifier: Apache-2.0
#include "agent/admin_service.h"

#include <optional>

#include "agent/status_table.h"
#include "agent/typed_method.h"
#include "proto/attestd.pb.h"

namespace attestd::agent {

using attestd::v1::ReloadRequest;
using attestd::v1::ReloadResponse;
using attestd::v1::TestPolicyRequest;
using attestd::v1::TestPolicyResponse;

namespace {

absl::StatusOr<TestPolicyResponse> Test(const policy::Policy& policy,
                                        const TestPolicyRequest& request) {
  const std::optional<policy::Right> right = policy::ParseRight(request.right());
  if (!right.has_value()) {
    return ForCaller(absl::StatusCode::kInvalidArgument, "request: there is no such right");
  }
  TestPolicyResponse response;
  if (!policy.Knows(request.principal())) {
    response.set_why("no [[listener]] has this principal");
  } else if (!policy.MayUse(request.principal(), *right)) {
    response.set_why("no rule of the principal has this right");
  } else if (!policy::NamesResources(*right)) {
    response.set_allowed(true);
    response.set_why("a rule of the principal has this right");
  } else {
    const auto uri = kbs::ResourceUri::Parse(request.resource());
    RETURN_IF_ERROR(uri.status());
    response.set_allowed(policy.MayHave(request.principal(), *right, *uri));
    response.set_why(response.allowed() ? "a pattern of `allow` has the resource"
                                        : "no pattern of `allow` has the resource");
  }
  return response;
}

}  // namespace

void AdminService::AddTo(base::MethodTable& methods) {
  methods["/attestd.v1.AdminService/Reload"] = BlockingMethod<ReloadRequest, ReloadResponse>(
      calls_, "Reload",
      [this](const ReloadRequest& /*request*/,
             const base::CallContext& /*caller*/) -> absl::StatusOr<ReloadResponse> {
        RETURN_IF_ERROR(reload_());
        return ReloadResponse();
      });
  methods["/attestd.v1.AdminService/TestPolicy"] =
      InstantMethod<TestPolicyRequest, TestPolicyResponse>(
          calls_, "TestPolicy",
          [this](const TestPolicyRequest& request) { return Test(*policy_.Get(), request); });
}

}  // namespace attestd::agent
