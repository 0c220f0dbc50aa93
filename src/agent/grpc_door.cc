// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_door.h"

#include <grpc/grpc.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <chrono>
#include <stop_token>
#include <utility>

#include "agent/grpc_reply.h"

namespace attestd::agent {
namespace {

constexpr std::chrono::seconds kDrain{5};

grpc::Slice OneSlice(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok() && !buffer.DumpToSingleSlice(&slice).ok()) {
    return {};
  }
  return slice;
}

// One call; gRPC owns it until OnDone, and cancels it at the caller's deadline.
class GrpcCall : public grpc::ServerUnaryReactor {
 public:
  GrpcCall(const grpc::CallbackServerContext& context, grpc::ByteBuffer& response)
      : deadline_(context.deadline()), response_(response) {}

  void Begin(const base::Method& method, const grpc::ByteBuffer& request) {
    const auto left = absl::FromChrono(deadline_ - std::chrono::system_clock::now());
    const base::CallContext caller{.deadline = base::Deadline::After(left),
                                   .stop = stop_.get_token()};
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

  const std::chrono::system_clock::time_point deadline_;
  grpc::ByteBuffer& response_;
  std::stop_source stop_;
};

// All services of the table. Raw callback methods, as the generated code has them: a reply may then
// be built around a Secret.
class TableService : public grpc::Service {
 public:
  explicit TableService(const base::MethodTable& methods) {
    int index = 0;
    for (const auto& [path, method] : methods) {
      AddMethod(new grpc::internal::RpcServiceMethod(
          path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
      MarkMethodRawCallback(
          index++,
          new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
              [&method = method](grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
                auto* call = new GrpcCall(*context, *response);
                call->Begin(method, *request);
                return call;
              }));
    }
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcDoor>> GrpcDoor::Open(const base::MethodTable& methods) {
  // Never given back: gRPC's own shutdown may wait 10 s for a poller that nobody needs any more.
  grpc_init();
  grpc::EnableDefaultHealthCheckService(true);
  auto service = std::make_unique<TableService>(methods);
  grpc::ServerBuilder builder;
  builder.RegisterService(service.get());
  builder.SetMaxReceiveMessageSize(int{base::kMaxRequestBytes});
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  Acceptor acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::InternalError("gRPC did not start");
  }
  return std::unique_ptr<GrpcDoor>(
      new GrpcDoor(std::move(service), std::move(acceptor), std::move(server)));
}

GrpcDoor::GrpcDoor(std::unique_ptr<grpc::Service> service, Acceptor acceptor,
                   std::unique_ptr<grpc::Server> server)
    : service_(std::move(service)), acceptor_(std::move(acceptor)), server_(std::move(server)) {}

GrpcDoor::~GrpcDoor() {
  // By the monotonic clock, as gRPC keeps it inside.
  server_->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                 gpr_time_from_seconds(kDrain.count(), GPR_TIMESPAN)));
  acceptor_.reset();
}

void GrpcDoor::Accept(base::UniqueFd connection) {
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
