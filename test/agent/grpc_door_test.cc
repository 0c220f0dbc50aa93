// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_door.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/generic_stub.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace attestd::agent {
namespace {

// grpc.health.v1.HealthCheckResponse, whole.
const std::string kServing = "\x08\x01";
const std::string kNotServing = "\x08\x02";

// Connected to the door without a listener.
class HealthClient {
 public:
  explicit HealthClient(GrpcDoor& door) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    door.Accept(base::UniqueFd(ends[0]), std::make_shared<base::Caller>());
    channel_ = grpc::CreateCustomInsecureChannelFromFd("attestd", ends[1], {});
  }

  // The reply's bytes; the error's text instead.
  std::string Check() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    grpc::GenericStub stub(channel_);
    grpc::CompletionQueue queue;
    const grpc::Slice empty;  // the server as a whole
    const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                            grpc::ByteBuffer(&empty, 1), &queue);
    call->StartCall();
    grpc::ByteBuffer reply;
    grpc::Status status;
    call->Finish(&reply, &status, this);
    void* tag = nullptr;
    bool ok = false;
    REQUIRE(queue.Next(&tag, &ok));
    grpc::Slice bytes;
    if (!status.ok() || !reply.DumpToSingleSlice(&bytes).ok()) {
      return status.error_message();
    }
    return {bytes.begin(), bytes.end()};
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_CASE("gRPC's health is not serving until someone says so") {
  base::MethodTable methods;
  methods["/a.Service/Method"] = [](base::ByteView, const base::CallContext&, base::Done) {};
  const std::unique_ptr<GrpcDoor> door = GrpcDoor::Open(methods, {}).value();
  HealthClient client(*door);
  CHECK(client.Check() == kNotServing);
  const std::vector<std::string> names = {""};
  door->SetServing(names, true);
  CHECK(client.Check() == kServing);
}

}  // namespace
}  // namespace attestd::agent
