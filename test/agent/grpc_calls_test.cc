// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_calls.h"

#include <absl/strings/cord.h>
#include <absl/synchronization/notification.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "test/agent/grpc_test_client.h"

namespace attestd::agent {
namespace {

constexpr char kPath[] = "/a.Service/Method";

base::MethodTable Table(base::Method method) {
  base::MethodTable methods;
  methods[kPath] = std::move(method);
  return methods;
}

base::MethodTable EchoTable() {
  return Table([](base::ByteView request, const base::CallContext&, const base::Done& done) {
    base::Reply reply;
    reply.bytes = std::string(base::AsText(request));
    reply.secret = std::make_shared<const base::Secret>(
        *base::Secret::Copy(base::AsBytes(std::string(3, 's'))));
    done(std::move(reply));
  });
}

TEST_CASE("A gRPC call's bytes go to its method, and the reply's and its secret back") {
  const std::string request(GENERATE(size_t{0}, size_t{1}, size_t{40000}, base::kMaxRequestBytes),
                            'r');
  const base::MethodTable methods = EchoTable();
  const std::unique_ptr<GrpcDoor> door = GrpcDoor::Open(methods, {}).value();
  GrpcTestClient client(*door, kPath);
  client.Ask(request);
  CHECK((client.Read() == request + "sss"));
  CHECK(client.Read().empty());
  const grpc::Status status = client.End();
  INFO(status.error_message());
  CHECK(status.ok());
}

TEST_CASE("gRPC calls that no method answers are told why") {
  const base::MethodTable methods = EchoTable();
  const std::unique_ptr<GrpcDoor> door = GrpcDoor::Open(methods, {}).value();
  for (const char* path : {"/a.Service/Other", "/a.Service", "/", "/grpc.health.v1.Health/Other"}) {
    GrpcTestClient client(*door, path);
    client.Ask("r");
    CHECK(client.Read().empty());
    CHECK(client.End().error_code() == grpc::StatusCode::UNIMPLEMENTED);
  }
  GrpcTestClient silent(*door, kPath);
  silent.AskNothing();
  CHECK(silent.End().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("A gRPC request over the limit is refused before its method sees it") {
  const base::MethodTable methods = EchoTable();
  const std::unique_ptr<GrpcDoor> door = GrpcDoor::Open(methods, {}).value();
  GrpcTestClient client(*door, kPath);
  client.Ask(std::string(base::kMaxRequestBytes + 1, 'r'));
  CHECK(client.Read().empty());
  CHECK(client.End().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("An error goes out with its message and its details") {
  absl::Status error(absl::StatusCode::kResourceExhausted, "too many requests");
  error.SetPayload(base::kErrorDetails, absl::Cord(std::string("\x08\x08\0\xff", 4)));
  const base::MethodTable methods =
      Table([&](base::ByteView, const base::CallContext&, const base::Done& done) { done(error); });
  const std::unique_ptr<GrpcDoor> door = GrpcDoor::Open(methods, {}).value();
  GrpcTestClient client(*door, kPath);
  client.Ask("r");
  CHECK(client.Read().empty());
  const grpc::Status status = client.End();
  CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(status.error_message() == "too many requests");
  CHECK(status.error_details() == std::string("\x08\x08\0\xff", 4));
}

// Holds one call back.
struct HeldCall {
  base::MethodTable methods =
      Table([this](base::ByteView, const base::CallContext& context, const base::Done& asker) {
        done = asker;
        on_stop.emplace(context.stop, [this] { stopped.Notify(); });
        begun.Notify();
      });
  base::Done done;
  std::optional<std::stop_callback<std::function<void()>>> on_stop;
  absl::Notification begun;
  absl::Notification stopped;
};

TEST_CASE("A caller who leaves stops the gRPC call, which may answer all the same") {
  HeldCall held;
  const std::unique_ptr<GrpcDoor> door = GrpcDoor::Open(held.methods, {}).value();
  GrpcTestClient client(*door, kPath);
  client.Ask("r");
  held.begun.WaitForNotification();
  CHECK_FALSE(held.stopped.HasBeenNotified());
  client.Leave();
  CHECK(held.stopped.WaitForNotificationWithTimeout(absl::Seconds(10)));
  held.done(base::Reply{.bytes = "late", .secret = nullptr});
  CHECK(client.End().error_code() == grpc::StatusCode::CANCELLED);
}

TEST_CASE("The door stays until a gRPC call that outlived its drain has answered") {
  HeldCall held;
  std::unique_ptr<GrpcDoor> door = GrpcDoor::Open(held.methods, {}).value();
  GrpcTestClient client(*door, kPath);
  client.Ask("r");
  held.begun.WaitForNotification();
  absl::Notification closed;
  std::thread closing([&] {
    door.reset();
    closed.Notify();
  });
  CHECK(held.stopped.WaitForNotificationWithTimeout(absl::Seconds(20)));
  CHECK_FALSE(closed.WaitForNotificationWithTimeout(absl::Milliseconds(200)));
  held.done(base::Reply{.bytes = "late", .secret = nullptr});
  CHECK(closed.WaitForNotificationWithTimeout(absl::Seconds(10)));
  closing.join();
}

}  // namespace
}  // namespace attestd::agent
