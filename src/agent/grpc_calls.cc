// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_calls.h"

#include <grpc/support/time.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <stop_token>
#include <utility>

#include "agent/grpc_reply.h"
#include "agent/peer_name.h"

namespace attestd::agent {
namespace {

grpc::Slice OneSlice(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok() && !buffer.DumpToSingleSlice(&slice).ok()) {
    return {};
  }
  return slice;
}

// The time until a deadline of gRPC; as a time_point one thousands of years ahead would overflow.
absl::Duration Left(gpr_timespec deadline) {
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  return std::min(absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec), absl::Hours(24));
}

}  // namespace

// One call, from the wait for it on. It owns itself: nobody asked, or the answer is sent and the
// call over. gRPC cancels it at the caller's deadline.
class GrpcCalls::Call {
 public:
  Call(GrpcCalls& calls, int index) : use_(calls.queue_), calls_(calls), index_(index) {
    context_.AsyncNotifyWhenDone(&over_);
    calls_.RequestAsyncUnary(index_, &context_, &request_, &writer_, calls_.queue_.get(),
                             calls_.queue_.get(), &asked_);
  }

 private:
  ~Call() = default;

  void Asked(bool ok) {
    if (!ok) {  // the server ends
      delete this;
      return;
    }
    Begin();
    request_.Clear();
    calls_.Await(index_);
  }

  void Begin() {
    base::CallerRef caller;
    if (const auto connection = PeerName::Parse(context_.peer())) {
      caller = calls_.callers_.Find(*connection);
    }
    // Nobody is not attestd itself.
    if (caller == nullptr) {
      Answer(absl::UnavailableError("the connection is over"));
      return;
    }
    const base::CallContext context{
        .deadline = base::Deadline::After(Left(context_.raw_deadline())),
        .stop = stop_.get_token(),
        .caller = std::move(caller)};
    const grpc::Slice bytes = OneSlice(request_);
    (*calls_.methods_[static_cast<size_t>(index_)])(
        {bytes.begin(), bytes.size()}, context,
        [this](absl::StatusOr<base::Reply> reply) { Answer(std::move(reply)); });
  }

  void Answer(absl::StatusOr<base::Reply> reply) {
    if (reply.ok()) {
      writer_.Finish(GrpcReply(*std::move(reply)), grpc::Status::OK, &sent_);
      return;
    }
    const absl::Status& status = reply.status();
    writer_.FinishWithError({static_cast<grpc::StatusCode>(status.raw_code()),
                             std::string(status.message()), base::ErrorDetails(status)},
                            &sent_);
  }

  void Over(bool /*ok*/) {
    if (context_.IsCancelled()) {
      stop_.request_stop();
    }
    Leave();
  }
  void Sent(bool /*ok*/) { Leave(); }
  // Both are told on the queue's thread.
  void Leave() {
    if (--told_of_ == 0) {
      delete this;
    }
  }

  const GrpcQueue::Use use_;
  GrpcCalls& calls_;
  const int index_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_{&context_};
  std::stop_source stop_;
  int told_of_ = 2;
  GrpcEventOf<Call, &Call::Asked> asked_{*this};
  GrpcEventOf<Call, &Call::Over> over_{*this};
  GrpcEventOf<Call, &Call::Sent> sent_{*this};
};

GrpcCalls::GrpcCalls(const base::MethodTable& methods, const GrpcCallers& callers, GrpcQueue& queue)
    : callers_(callers), queue_(queue) {
  for (const auto& [path, method] : methods) {
    AddMethod(new grpc::internal::RpcServiceMethod(path.c_str(),
                                                   grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRaw(static_cast<int>(methods_.size()));
    methods_.push_back(&method);
  }
}

void GrpcCalls::Start() {
  for (size_t i = 0; i < methods_.size(); ++i) {
    Await(static_cast<int>(i));
  }
}

void GrpcCalls::Await(int index) { new Call(*this, index); }

}  // namespace attestd::agent
