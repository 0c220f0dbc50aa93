// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_calls.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

#include "agent/grpc_reply.h"
#include "agent/peer_name.h"

namespace attestd::agent {
namespace {

// Of google.rpc.Status, for the clients that know it.
constexpr char kDetailsKey[] = "grpc-status-details-bin";

grpc_slice Copied(absl::string_view text) {
  return grpc_slice_from_copied_buffer(text.data(), text.size());
}

std::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

// The bytes of a message, in one piece.
grpc::Slice OnePiece(grpc_byte_buffer* message) {
  grpc_byte_buffer_reader reader;
  grpc_byte_buffer_reader_init(&reader, message);
  grpc_slice piece = grpc_empty_slice();
  if (grpc_byte_buffer_reader_next(&reader, &piece) != 0 &&
      GRPC_SLICE_LENGTH(piece) != grpc_byte_buffer_length(message)) {
    grpc_slice_unref(piece);
    grpc_byte_buffer_reader_destroy(&reader);
    grpc_byte_buffer_reader_init(&reader, message);
    piece = grpc_byte_buffer_reader_readall(&reader);
  }
  grpc_byte_buffer_reader_destroy(&reader);
  return {piece, grpc::Slice::STEAL_REF};
}

// The time until a deadline of gRPC; as a time_point one thousands of years ahead would overflow.
absl::Duration Left(gpr_timespec deadline) {
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  return std::min(absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec), absl::Hours(24));
}

grpc_completion_queue_functor* Nothing() {
  static grpc_completion_queue_functor nothing = {
      .functor_run = [](grpc_completion_queue_functor* /*self*/, int /*ok*/) {},
      .inlineable = 1,
      .internal_success = 0,
      .internal_next = nullptr};
  return &nothing;
}

}  // namespace

// One call, from the wait for it on. It owns itself: nobody asked, or the reply is sent and the
// call over. gRPC cancels it at the caller's deadline. What it waits for may have come about, and
// the call be deleted, before the function returns that began to wait.
class GrpcCalls::Call {
 public:
  explicit Call(GrpcCalls& calls) : use_(calls.queue_), calls_(calls) {
    grpc_call_details_init(&details_);
    grpc_metadata_array_init(&headers_);
    grpc_server_request_call(calls_.server_, &call_, &details_, &headers_,
                             calls_.completions_.get(), calls_.queue_.get()->cq(),
                             static_cast<grpc::internal::CompletionQueueTag*>(&asked_));
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  ~Call() {
    grpc_call_details_destroy(&details_);
    grpc_metadata_array_destroy(&headers_);
    grpc_byte_buffer_destroy(request_);
    if (call_ != nullptr) {
      grpc_call_unref(call_);
    }
  }

  void Asked(bool ok) {
    if (!ok) {  // the server ends
      delete this;
      return;
    }
    GrpcCalls& calls = calls_;
    const GrpcQueue::Use use(calls.queue_);
    Expect();
    new Call(calls);
  }

  void Expect() {
    grpc_op over = {
        .op = GRPC_OP_RECV_CLOSE_ON_SERVER, .flags = 0, .reserved = nullptr, .data = {}};
    over.data.recv_close_on_server.cancelled = &cancelled_;
    Begin({&over, 1}, over_);
    const auto found = calls_.methods_.find(View(details_.method));
    if (found == calls_.methods_.end()) {
      Answer(absl::UnimplementedError("no such method"));
      return;
    }
    method_ = found->second;
    grpc_op read = {.op = GRPC_OP_RECV_MESSAGE, .flags = 0, .reserved = nullptr, .data = {}};
    read.data.recv_message.recv_message = &request_;
    Begin({&read, 1}, read_);
  }

  void Read() {
    // Not for longer than the method looks at it.
    const GrpcBuffer request(std::exchange(request_, nullptr));
    if (request == nullptr) {
      Answer(absl::InvalidArgumentError("the request has no message"));
      return;
    }
    base::CallerRef caller;
    if (const auto connection = Connection()) {
      caller = calls_.callers_.Find(*connection);
    }
    // Nobody is not attestd itself.
    if (caller == nullptr) {
      Answer(absl::UnavailableError("the connection is over"));
      return;
    }
    const base::CallContext context{.deadline = base::Deadline::After(Left(details_.deadline)),
                                    .stop = stop_.get_token(),
                                    .caller = std::move(caller)};
    const grpc::Slice bytes = OnePiece(request.get());
    (*method_)({bytes.begin(), bytes.size()}, context,
               [this](absl::StatusOr<base::Reply> reply) { Answer(std::move(reply)); });
  }

  std::optional<uint64_t> Connection() const {
    const base::Handle<char, gpr_free> peer(grpc_call_get_peer(call_));
    return PeerName::Parse(peer.get());
  }

  void Answer(absl::StatusOr<base::Reply> reply) {
    const absl::Status status = reply.status();
    if (status.ok()) {
      reply_ = GrpcReply(*std::move(reply));
    }
    const grpc_slice text = Copied(status.message());
    grpc_metadata details = {.key = grpc_slice_from_static_string(kDetailsKey),
                             .value = Copied(base::ErrorDetails(status)),
                             .internal_data = {}};
    std::array<grpc_op, 3> ops{};
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[1].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    auto& end = ops[1].data.send_status_from_server;
    end.status = static_cast<grpc_status_code>(status.raw_code());
    end.status_details = const_cast<grpc_slice*>(&text);  // which is only read
    end.trailing_metadata = &details;
    end.trailing_metadata_count = GRPC_SLICE_LENGTH(details.value) != 0 ? 1 : 0;
    ops[2].op = GRPC_OP_SEND_MESSAGE;
    ops[2].data.send_message.send_message = reply_.get();
    Begin({ops.data(), reply_ != nullptr ? size_t{3} : size_t{2}}, sent_);
    grpc_slice_unref(details.value);
    grpc_slice_unref(text);
  }

  void Begin(std::span<const grpc_op> ops, grpc_completion_queue_functor& completion) {
    grpc_call_start_batch(call_, ops.data(), ops.size(), &completion, nullptr);
  }

  void Over() {
    if (cancelled_ != 0) {
      stop_.request_stop();
    }
    Leave();
  }
  void Sent() { Leave(); }
  void Leave() {
    if (--told_of_ == 0) {
      delete this;
    }
  }

  const GrpcQueue::Use use_;
  GrpcCalls& calls_;
  const base::Method* method_ = nullptr;
  grpc_call* call_ = nullptr;
  grpc_call_details details_{};
  grpc_metadata_array headers_{};
  grpc_byte_buffer* request_ = nullptr;
  GrpcBuffer reply_;
  int cancelled_ = 0;
  std::stop_source stop_;
  std::atomic<int> told_of_ = 2;  // over and sent
  GrpcEventOf<Call, &Call::Asked> asked_{*this};
  GrpcCompletionOf<Call, &Call::Read> read_{*this};
  GrpcCompletionOf<Call, &Call::Over> over_{*this};
  GrpcCompletionOf<Call, &Call::Sent> sent_{*this};
};

GrpcCalls::GrpcCalls(const GrpcCallers& callers, GrpcQueue& queue)
    : callers_(callers),
      queue_(queue),
      completions_(grpc_completion_queue_create_for_callback(Nothing(), nullptr)) {}

void GrpcCalls::Add(const base::MethodTable& methods) {
  for (const auto& [path, method] : methods) {
    methods_.emplace(path, &method);
  }
}

void GrpcCalls::Start(grpc_server* server) {
  server_ = server;
  new Call(*this);
}

}  // namespace attestd::agent
