// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_door.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "test/agent/grpc_test_client.h"

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

const std::string kHealth = "/grpc.health.v1.Health/";

// With the name of a service that has at most 127 bytes.
std::string HealthRequest(const std::string& service) {
  return "\x0a" + std::string(1, static_cast<char>(service.size())) + service;
}

std::string Check(GrpcDoor& door, const std::string& service) {
  GrpcTestClient client(door, kHealth + "Check");
  client.Ask(HealthRequest(service));
  const std::string reply = client.Read();
  const grpc::StatusCode code = client.End().error_code();
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
  GrpcTestClient client(*door, kHealth + "Watch");
  client.Ask(HealthRequest("a.Service"));
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
  CHECK(client.End().error_code() == grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace attestd::agent
