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
const std::string kUnknown = "\x08\x03";

base::MethodTable OneMethod() {
  base::MethodTable methods;
  methods["/a.Service/Method"] = [](base::ByteView, const base::CallContext&, base::Done) {};
  return methods;
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  return buffer.DumpToSingleSlice(&slice).ok() ? std::string(slice.begin(), slice.end()) : "";
}

// Connected to the door without a listener; asks for one call, step by step.
class HealthClient {
 public:
  HealthClient(GrpcDoor& door, const std::string& method) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    door.Accept(base::UniqueFd(ends[0]), std::make_shared<base::Caller>());
    grpc::GenericStub stub(grpc::CreateCustomInsecureChannelFromFd("attestd", ends[1], {}));
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    call_ = stub.PrepareCall(&context_, "/grpc.health.v1.Health/" + method, &queue_);
    call_->StartCall(this);
    Await();
  }

  // With the name of a service that has at most 127 bytes.
  void Ask(const std::string& service) {
    const grpc::Slice request("\x0a" + std::string(1, static_cast<char>(service.size())) + service);
    call_->WriteLast(grpc::ByteBuffer(&request, 1), {}, this);
    Await();
  }
  // The next message's bytes; empty when there is none.
  std::string Read() {
    grpc::ByteBuffer message;
    call_->Read(&message, this);
    return Await() ? Bytes(message) : "";
  }
  grpc::StatusCode End() {
    grpc::Status status;
    call_->Finish(&status, this);
    Await();
    return status.error_code();
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    REQUIRE(queue_.Next(&tag, &ok));
    return ok;
  }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

std::string Check(GrpcDoor& door, const std::string& service) {
  HealthClient client(door, "Check");
  client.Ask(service);
  const std::string reply = client.Read();
  const grpc::StatusCode code = client.End();
  return code == grpc::StatusCode::OK ? reply : "error " + std::to_string(code);
}

TEST_CASE("gRPC's health is not serving until someone says so") {
  const base::MethodTable methods = OneMethod();
  const std::unique_ptr<GrpcDoor> door = GrpcDoor::Open(methods, {}).value();
  CHECK(Check(*door, "") == kNotServing);
  CHECK(Check(*door, "a.Service") == "error 5");  // NOT_FOUND
  const std::vector<std::string> names = {"", "a.Service"};
  door->SetServing(names, true);
  CHECK(Check(*door, "") == kServing);
  CHECK(Check(*door, "a.Service") == kServing);
}

TEST_CASE("Who watches gRPC's health is told of each change, and let go when the door closes") {
  const base::MethodTable methods = OneMethod();
  std::unique_ptr<GrpcDoor> door = GrpcDoor::Open(methods, {}).value();
  HealthClient client(*door, "Watch");
  client.Ask("a.Service");
  CHECK(client.Read() == kUnknown);
  const std::vector<std::string> names = {"a.Service"};
  door->SetServing(names, true);
  CHECK(client.Read() == kServing);
  door->SetServing(names, true);
  door->SetServing(names, false);
  CHECK(client.Read() == kNotServing);
  const auto before = std::chrono::steady_clock::now();
  door.reset();
  // It does not wait for them, as for calls: those have 5 s.
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(4));
  CHECK(client.Read().empty());
  CHECK(client.End() == grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace attestd::agent
