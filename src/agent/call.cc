// SPDX-License-Identifier: Apache-2.0
#include "agent/call.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "agent/status_table.h"
#include "base/guarded.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

bool IsDeviceFailure(const absl::Status& status) {
  const auto reason = base::GetReason(status);
  return reason == base::Reason::kDeviceMissing || reason == base::Reason::kDeviceFailed ||
         reason == base::Reason::kKeyMissing;
}

}  // namespace

// A call and its time. The door stops it at the caller's deadline; this, when that is later than
// the cap, at the cap.
class CallRunner::Timed {
 public:
  Timed(CallRunner& runner, Call call)
      : runner_(runner), alarm_(runner.alarm_), call_(std::move(call)) {
    if (call_.caller.deadline.Remaining() <= call_.longest) {
      return;
    }
    std::stop_source stop;
    on_stop_.emplace(call_.caller.stop, Stop{stop});
    call_.caller.deadline = base::Deadline::After(call_.longest);
    call_.caller.stop = stop.get_token();
    id_ = alarm_.At(call_.caller.deadline, Stop{stop});
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { alarm_.Cancel(id_); }

  const base::CallContext& context() const { return call_.caller; }
  void Finish(absl::StatusOr<base::Reply> reply) const { runner_.Answer(call_, std::move(reply)); }

 private:
  struct Stop {
    std::stop_source source;
    // By way of a copy: what is stopped may end the call, and this with it.
    void operator()() const { std::stop_source(source).request_stop(); }
  };

  CallRunner& runner_;
  // Not by way of the runner, which may end when its last call is finished.
  base::Alarm& alarm_;
  Call call_;
  std::optional<std::stop_callback<Stop>> on_stop_;
  base::Alarm::Id id_ = 0;
};

void CallRunner::Run(Call call, Work work, WorkerPool::Lane lane) {
  auto timed = std::make_shared<const Timed>(*this, std::move(call));
  const bool accepted = workers_.Submit(lane, [timed, work = std::move(work)] {
    timed->Finish(base::Guarded([&] { return work(timed->context()); }));
  });
  if (!accepted) {
    timed->Finish(base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kBusy,
                                   "too many requests"));
  }
}

void CallRunner::Start(Call call, const Begin& begin) {
  auto timed = std::make_shared<const Timed>(*this, std::move(call));
  const absl::Status begun = base::Guarded([&] {
    begin(timed->context(),
          [timed](absl::StatusOr<base::Reply> reply) { timed->Finish(std::move(reply)); });
    return absl::OkStatus();
  });
  if (!begun.ok()) {
    timed->Finish(begun);
  }
}

void CallRunner::Answer(const Call& call, absl::StatusOr<base::Reply> reply) {
  call.done(reply.ok() ? std::move(reply) : Conclude(call, reply.status()));
}

absl::Status CallRunner::Conclude(const Call& call, const absl::Status& status) {
  if (IsForCaller(status)) {
    return status;
  }
  if (IsDeviceFailure(status)) {
    readiness_.Suspect();
  }
  const base::CallerRef& caller = call.caller.caller;
  const std::string id = caller != nullptr ? caller->request : NewRequestId();
  if (const std::optional<uint64_t> left_out = log_.Pass()) {
    base::Log(base::Severity::kWarning, "request failed",
              {{"rpc", std::string(call.name)},
               {"request", id},
               {"cause", base::StatusText(status)},
               {"left_out", std::to_string(*left_out)}});
  }
  return PublicStatus(status, id);
}

}  // namespace attestd::agent
