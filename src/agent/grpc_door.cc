// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_door.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <utility>

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

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcDoor>> GrpcDoor::Open(const base::MethodTable& methods,
                                                         const LimitsConfig& limits) {
  // What gRPC says of a caller has the caller's bytes in it, a line for each frame.
  gpr_set_log_function([](gpr_log_func_args* /*line*/) {});
  // Never given back: gRPC's own shutdown may wait 10 s for a poller that nobody needs any more.
  grpc_init();
  ASSIGN_OR_RETURN(std::unique_ptr<GrpcCallers> callers, GrpcCallers::Create(limits));
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(int{base::kMaxRequestBytes});
  builder.SetResourceQuota(grpc::ResourceQuota("callers").Resize(kMaxHeld));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadata);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                             static_cast<int>(limits.idle_seconds) * 1000);
  // The bandwidth of a unix socket, and statistics that nobody asks for.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  std::unique_ptr<GrpcDoor> door(new GrpcDoor(std::move(callers), builder, methods));
  RETURN_IF_ERROR(door->Start(builder));
  return door;
}

GrpcDoor::GrpcDoor(std::unique_ptr<GrpcCallers> callers, grpc::ServerBuilder& builder,
                   const base::MethodTable& methods)
    : callers_(std::move(callers)),
      queue_(builder),
      health_(queue_),
      calls_(*callers_, queue_),
      acceptor_(builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
          grpc::InsecureServerCredentials())) {
  calls_.Add(methods);
  calls_.Add(health_.methods());
}

absl::Status GrpcDoor::Start(grpc::ServerBuilder& builder) {
  builder.RegisterService(&health_).RegisterAsyncGenericService(&calls_.service());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::InternalError("gRPC did not start");
  }
  calls_.Start(server_->c_server());
  health_.Start();
  queue_.Start();
  return absl::OkStatus();
}

GrpcDoor::~GrpcDoor() {
  if (server_ == nullptr) {
    return;
  }
  health_.End();
  // By the monotonic clock, as gRPC keeps it inside.
  server_->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                 gpr_time_from_seconds(kDrain.count(), GPR_TIMESPAN)));
  queue_.End();
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
  health_.Set(names, serving);
}

}  // namespace attestd::agent
