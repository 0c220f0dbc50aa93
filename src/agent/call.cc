// SPDX-License-Identifier: Apache-2.0
#include "agent/call.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <stop_token>
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
absl::Status Guarded(const std::function<absl::Status()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kBusy,
                            "out of memory");
  } catch (const std::exception&) {
    return absl::InternalError("a library threw");
  }
}

}  // namespace

// One call; gRPC owns it until OnDone. gRPC cancels it at the caller's deadline; we do at ours.
class CallRunner::Call : public grpc::ServerUnaryReactor {
 public:
  Call(CallRunner& runner, const grpc::CallbackServerContext& context, std::string_view name)
      : runner_(runner), name_(name) {
    const auto left = absl::FromChrono(context.deadline() - std::chrono::system_clock::now());
    context_ = {.deadline = base::Deadline::After(std::min(kCap, left)), .stop = stop_.get_token()};
    if (left > kCap) {
      alarm_ =
          runner_.alarm_.At(context_.deadline, [stop = stop_]() mutable { stop.request_stop(); });
    }
  }

  const base::CallContext& context() const { return context_; }
  void Conclude(const absl::Status& status) { Finish(runner_.Conclude(name_, status)); }

  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override {
    runner_.alarm_.Cancel(alarm_);
    delete this;
  }

 private:
  CallRunner& runner_;
  const std::string_view name_;
  std::stop_source stop_;
  base::CallContext context_;
  base::Alarm::Id alarm_ = 0;
};

grpc::ServerUnaryReactor* CallRunner::Run(grpc::CallbackServerContext* context,
                                          std::string_view name, Work work, WorkerPool::Lane lane) {
  auto* call = new Call(*this, *context, name);
  const bool accepted = workers_.Submit(lane, [call, work = std::move(work)] {
    call->Conclude(Guarded([&] { return work(call->context()); }));
  });
  if (!accepted) {
    call->Conclude(base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kBusy,
                                    "too many requests"));
  }
  return call;
}

grpc::ServerUnaryReactor* CallRunner::Start(grpc::CallbackServerContext* context,
                                            std::string_view name, const Begin& begin) {
  auto* call = new Call(*this, *context, name);
  const absl::Status begun = Guarded([&] {
    begin(call->context(), [call](const absl::Status& status) { call->Conclude(status); });
    return absl::OkStatus();
  });
  if (!begun.ok()) {
    call->Conclude(begun);
  }
  return call;
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
