// SPDX-License-Identifier: Apache-2.0
// attestd-secure-mount: has attestd format, open and mount a volume, as kata-agent would.
//   attestd-secure-mount SOCKET VOLUME_TYPE MOUNT_POINT [OPTION=VALUE]...
// An OPTION that begins with "flag" adds its value to the flags. Prints "mount: ok" or
// "mount: REASON: text"; exits with 0 after "ok" only.
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "proto/confidential_data_hub.grpc.pb.h"
#include "proto/error_details.pb.h"

namespace {

// Emulation is slow, and a volume with integrity is written as a whole.
constexpr std::chrono::seconds kLimit{170};

std::string ReasonOf(const grpc::Status& status) {
  attestd::rpc::Status details;
  attestd::rpc::ErrorInfo info;
  if (details.ParseFromString(status.error_details()) && details.details_size() == 1 &&
      info.ParseFromString(details.details(0).value())) {
    return info.reason();
  }
  return "none";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr,
                 "usage: attestd-secure-mount SOCKET VOLUME_TYPE MOUNT_POINT [OPTION=VALUE]...\n");
    return 2;
  }
  const auto channel =
      grpc::CreateChannel(std::string("unix://") + argv[1], grpc::InsecureChannelCredentials());
  const auto stub = api::SecureMountService::NewStub(channel);
  api::SecureMountRequest request;
  request.set_volume_type(argv[2]);
  request.set_mount_point(argv[3]);
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    const size_t equals = word.find('=');
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (word.rfind("flag", 0) == 0) {
      request.add_flags(value);
    } else {
      (*request.mutable_options())[word.substr(0, equals)] = value;
    }
  }
  api::SecureMountResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLimit);
  const grpc::Status status = stub->SecureMount(&context, request, &response);
  std::printf("mount: %s\n",
              status.ok() ? "ok" : (ReasonOf(status) + ": " + status.error_message()).c_str());
  return status.ok() ? 0 : 1;
}
