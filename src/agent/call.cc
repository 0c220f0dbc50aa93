// SPDX-License-Identifier: Apache-2.0
#include "agent/call.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "agent/status_table.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

constexpr absl::Duration kCap = absl::Seconds(60);

bool IsDeviceFailure(const absl::Status& status) {
  const auto reason = base::GetReason(status);
  return reason == base::Reason::kDeviceMissing || reason == base::Reason::kDeviceFailed ||
         reason == base::Reason::kKeyMissing;
}

// No exception may cross a gRPC callback.
absl::Status Guarded(const std::function<absl::Status(base::Deadline)>& work,
                     base::Deadline deadline) {
  try {
    return work(deadline);
  } catch (const std::bad_alloc&) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kBusy,
                            "out of memory");
  } catch (const std::exception&) {
    return absl::InternalError("a library threw");
  }
}

}  // namespace

base::Deadline CallDeadline(const grpc::CallbackServerContext& context) {
  const auto left = context.deadline() - std::chrono::system_clock::now();
  return base::Deadline::After(std::min(kCap, absl::FromChrono(left)));
}

grpc::ServerUnaryReactor* CallRunner::Run(grpc::CallbackServerContext* context,
                                          std::string_view name,
                                          std::function<absl::Status(base::Deadline)> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const base::Deadline deadline = CallDeadline(*context);
  const bool accepted = workers_.Submit([this, reactor, name, deadline, work = std::move(work)] {
    reactor->Finish(Conclude(name, Guarded(work, deadline)));
  });
  if (!accepted) {
    reactor->Finish(Conclude(name, base::MakeStatus(absl::StatusCode::kResourceExhausted,
                                                    base::Reason::kBusy, "too many requests")));
  }
  return reactor;
}

grpc::Status CallRunner::Conclude(std::string_view name, const absl::Status& status) {
  if (status.ok()) {
    return grpc::Status::OK;
  }
  if (IsDeviceFailure(status)) {
    readiness_.Suspect();
  }
  const std::string id = NewRequestId();
  base::Log(base::Severity::kWarning, "request failed",
            {{"rpc", std::string(name)}, {"request", id}, {"cause", base::StatusText(status)}});
  const PublicError error = MakePublicError(status, id);
  return {static_cast<grpc::StatusCode>(status.raw_code()), error.message, error.details};
}

}  // namespace attestd::agent
