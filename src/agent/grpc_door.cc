// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_door.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <utility>

#include "agent/grpc_reply.h"
#include "agent/peer_name.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

constexpr std::chrono::seconds kDrain{5};
// Of all that gRPC holds for its callers. It looks at a message's length only when all of it is
// there (grpc/grpc#43012): beyond this it cancels calls instead, in bytes.
constexpr size_t kMaxHeld = size_t{32} << 20;
// Under way at a time on one connection, as for ttRPC; a client keeps the rest back. gRPC 1.51
// holds a client to this and the next only once that has acknowledged its settings.
constexpr int kMaxStreams = 256;
// Of a call's headers, as HPACK counts them, in bytes.
constexpr int kMaxMetadata = 8 << 10;
// For the settings of a connection, in milliseconds.
constexpr int kHandshakeMs = 5000;

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

// One call; gRPC owns it until OnDone, and cancels it at the caller's deadline.
class GrpcCall : public grpc::ServerUnaryReactor {
 public:
  GrpcCall(const grpc::CallbackServerContext& context, const GrpcCallers& callers,
           grpc::ByteBuffer& response)
      : deadline_(base::Deadline::After(Left(context.raw_deadline()))), response_(response) {
    if (const auto connection = PeerName::Parse(context.peer())) {
      caller_ = callers.Find(*connection);
    }
  }

  void Begin(const base::Method& method, const grpc::ByteBuffer& request) {
    // Nobody is not attestd itself.
    if (caller_ == nullptr) {
      End(absl::UnavailableError("the connection is over"));
      return;
    }
    const base::CallContext caller{
        .deadline = deadline_, .stop = stop_.get_token(), .caller = caller_};
    const grpc::Slice bytes = OneSlice(request);
    method({bytes.begin(), bytes.size()}, caller,
           [this](absl::StatusOr<base::Reply> reply) { End(std::move(reply)); });
  }

  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override { delete this; }

 private:
  void End(absl::StatusOr<base::Reply> reply) {
    if (reply.ok()) {
      response_ = GrpcReply(*std::move(reply));
      Finish(grpc::Status::OK);
      return;
    }
    const absl::Status& status = reply.status();
    Finish({static_cast<grpc::StatusCode>(status.raw_code()), std::string(status.message()),
            base::ErrorDetails(status)});
  }

  const base::Deadline deadline_;
  grpc::ByteBuffer& response_;
  base::CallerRef caller_;
  std::stop_source stop_;
};

// All services of the table. Raw callback methods, as the generated code has them: a reply may then
// be built around a Secret.
class TableService : public grpc::Service {
 public:
  TableService(const base::MethodTable& methods, const GrpcCallers& callers) {
    int index = 0;
    for (const auto& [path, method] : methods) {
      AddMethod(new grpc::internal::RpcServiceMethod(
          path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
      MarkMethodRawCallback(
          index++, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                       [&method = method, &callers](grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
                         auto* call = new GrpcCall(*context, callers, *response);
                         call->Begin(method, *request);
                         return call;
                       }));
    }
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcDoor>> GrpcDoor::Open(const base::MethodTable& methods,
                                                         const LimitsConfig& limits) {
  // What gRPC says of a caller has the caller's bytes in it, a line for each frame.
  gpr_set_log_function([](gpr_log_func_args* /*line*/) {});
  // Never given back: gRPC's own shutdown may wait 10 s for a poller that nobody needs any more.
  grpc_init();
  grpc::EnableDefaultHealthCheckService(true);
  ASSIGN_OR_RETURN(std::unique_ptr<GrpcCallers> callers, GrpcCallers::Create(limits));
  auto service = std::make_unique<TableService>(methods, *callers);
  grpc::ServerBuilder builder;
  builder.RegisterService(service.get());
  builder.SetMaxReceiveMessageSize(int{base::kMaxRequestBytes});
  builder.SetResourceQuota(grpc::ResourceQuota("callers").Resize(kMaxHeld));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadata);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                             static_cast<int>(limits.idle_seconds) * 1000);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  Acceptor acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::InternalError("gRPC did not start");
  }
  // gRPC begins with "serving", before anyone has said so.
  server->GetHealthCheckService()->SetServingStatus("", false);
  return std::unique_ptr<GrpcDoor>(
      new GrpcDoor(std::move(callers), std::move(service), std::move(acceptor), std::move(server)));
}

GrpcDoor::GrpcDoor(std::unique_ptr<GrpcCallers> callers, std::unique_ptr<grpc::Service> service,
                   Acceptor acceptor, std::unique_ptr<grpc::Server> server)
    : callers_(std::move(callers)),
      service_(std::move(service)),
      acceptor_(std::move(acceptor)),
      server_(std::move(server)) {}

GrpcDoor::~GrpcDoor() {
  // By the monotonic clock, as gRPC keeps it inside.
  server_->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                 gpr_time_from_seconds(kDrain.count(), GPR_TIMESPAN)));
  acceptor_.reset();
}

void GrpcDoor::Accept(base::UniqueFd connection, base::CallerRef caller) {
  const absl::StatusOr<uint64_t> id = callers_->Add(connection, std::move(caller));
  if (!id.ok()) {
    base::Log(base::Severity::kWarning, "a client was hung up on",
              {{"cause", base::StatusText(id.status())}});
    return;
  }
  const PeerName name(*id);
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.fd = connection.release();  // owned by gRPC from here on
  acceptor_->HandleNewConnection(&parameters);
}

void GrpcDoor::SetServing(std::span<const std::string> names, bool serving) {
  for (const std::string& name : names) {
    server_->GetHealthCheckService()->SetServingStatus(name, serving);
  }
}

}  // namespace attestd::agent
