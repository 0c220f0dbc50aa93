// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_CTL_FAKE_DAEMON_H_
#define ATTESTD_TEST_CTL_FAKE_DAEMON_H_

#include <grpcpp/server.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "proto/attestd.pb.h"

namespace attestd::test {

// What the fake answers. `fault` is the answer to every call but GetStatus when it is not OK.
struct FakeAnswers {
  std::string resource;
  std::string evidence;
  std::string token;
  std::string tee;
  attestd::v1::GetStatusResponse status;
  attestd::v1::GetDetectionResponse detection;
  // GetStatus says "not ready" this many times first.
  int not_ready_calls = 0;
  grpc::Status fault;
  // GetResource holds its answer until the caller's deadline is over.
  bool hang = false;
};

// attestd's services on a real unix socket, with made up answers. evidence == "" answers with the
// runtime data that came; resource == "" with nothing.
class FakeDaemon {
 public:
  FakeDaemon(const std::string& socket_path, FakeAnswers answers);
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  // ResourcePath of the last GetResource; TokenType of the last GetToken. Read after the call.
  const std::string& last_resource_path() const;
  const std::string& last_token_type() const;
  int status_calls() const;

 private:
  struct Services;
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace attestd::test

#endif  // ATTESTD_TEST_CTL_FAKE_DAEMON_H_
