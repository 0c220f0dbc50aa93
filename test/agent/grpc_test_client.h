// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_AGENT_GRPC_TEST_CLIENT_H_
#define ATTESTD_TEST_AGENT_GRPC_TEST_CLIENT_H_

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/generic_stub.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "agent/grpc_door.h"

namespace attestd::agent {

// Connected to a door without a listener; makes one call of bytes, step by step.
class GrpcTestClient {
 public:
  GrpcTestClient(GrpcDoor& door, const std::string& path) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    door.Accept(base::UniqueFd(ends[0]), std::make_shared<base::Caller>());
    grpc::GenericStub stub(grpc::CreateCustomInsecureChannelFromFd("attestd", ends[1], {}));
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    call_ = stub.PrepareCall(&context_, path, &queue_);
    call_->StartCall(this);
    Await();
  }

  void Ask(const std::string& request) {
    const grpc::Slice bytes(request);
    call_->WriteLast(grpc::ByteBuffer(&bytes, 1), {}, this);
    Await();
  }
  // In place of Ask.
  void AskNothing() {
    call_->WritesDone(this);
    Await();
  }
  void Leave() { context_.TryCancel(); }
  // The next message's bytes; empty when there is none.
  std::string Read() {
    grpc::ByteBuffer message;
    call_->Read(&message, this);
    grpc::Slice slice;
    return Await() && message.DumpToSingleSlice(&slice).ok()
               ? std::string(slice.begin(), slice.end())
               : "";
  }
  grpc::Status End() {
    grpc::Status status;
    call_->Finish(&status, this);
    Await();
    return status;
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

}  // namespace attestd::agent

#endif  // ATTESTD_TEST_AGENT_GRPC_TEST_CLIENT_H_
