// SPDX-License-Identifier: Apache-2.0
// attestd-measure: has attestd measure one event into a register of the platform.
//   attestd-measure SOCKET PCR DOMAIN OPERATION CONTENT
// Prints "measure: ok", "measure: not supported", "measure: not enabled", or the error; exits with
// 0 after "ok" only.
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "proto/attestation_agent.grpc.pb.h"

namespace {

constexpr std::chrono::seconds kLimit{30};

const char* Text(attestation_agent::RuntimeMeasurementResult result) {
  switch (result) {
    case attestation_agent::OK:
      return "ok";
    case attestation_agent::NOT_SUPPORTED:
      return "not supported";
    case attestation_agent::NOT_ENABLED:
      return "not enabled";
    default:
      return "an unknown result";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: attestd-measure SOCKET PCR DOMAIN OPERATION CONTENT\n");
    return 2;
  }
  const auto channel =
      grpc::CreateChannel(std::string("unix://") + argv[1], grpc::InsecureChannelCredentials());
  const auto stub = attestation_agent::AttestationAgentService::NewStub(channel);
  attestation_agent::ExtendRuntimeMeasurementRequest request;
  request.set_registerindex(std::strtoull(argv[2], nullptr, 10));
  request.set_domain(argv[3]);
  request.set_operation(argv[4]);
  request.set_content(argv[5]);
  attestation_agent::ExtendRuntimeMeasurementResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLimit);
  const grpc::Status status = stub->ExtendRuntimeMeasurement(&context, request, &response);
  std::printf("measure: %s\n",
              status.ok() ? Text(response.result()) : status.error_message().c_str());
  return status.ok() && response.result() == attestation_agent::OK ? 0 : 1;
}
