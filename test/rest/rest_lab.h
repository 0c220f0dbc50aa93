// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_REST_REST_LAB_H_
#define ATTESTD_TEST_REST_REST_LAB_H_

#include <absl/synchronization/mutex.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rest/server.h"
#include "test/support/parked_calls.h"
#include "test/support/raw_socket.h"

namespace attestd::rest {

inline constexpr Features kAll = {.resource = true, .attestation = true};

// A client that knows HTTP/1.1 as far as the server speaks it.
class RawClient : public test::RawSocket {
 public:
  struct Response {
    int http = 0;
    std::string head;  // with its last empty line
    std::string body;
  };

  using RawSocket::RawSocket;

  // A request with a Host and, when there is a body, its length.
  void Send(const std::string& method, const std::string& target, const std::string& body = "");
  // The next response; nothing when the server has hung up.
  std::optional<Response> Receive();
  // Nothing more comes: the server hangs up, whatever it still sends.
  bool HangsUp();
  // The server still answers.
  bool Works();

 private:
  // Adds to `rest_`; false when the server hangs up.
  bool ReadMore();

  std::string rest_;  // what came behind the last response
};

// A server whose methods are stand-ins: a resource is the lab's secret, but that of
// /cdh/resource/park/... answers when it is told to or when its caller is stopped, and that of
// /cdh/resource/refuse/... is refused. Evidence echoes its runtime data; a token is "token".
class RestLab {
 public:
  explicit RestLab(Limits limits = {}, size_t secret_bytes = 5, Features features = kAll);

  RawClient Connect();
  // One request on a connection of its own.
  RawClient::Response Ask(const std::string& method, const std::string& target,
                          const std::string& body = "");
  // Ends the parked call for this resource path, once there is one, on this thread.
  void Release(const std::string& name);
  void AwaitParked(size_t count) { parked_.Await(count); }
  const std::shared_ptr<const base::Secret>& secret() const { return secret_; }
  // The calls of ExtendRuntimeMeasurement: their messages.
  std::vector<std::string> events();
  base::MethodTable& methods() { return methods_; }
  Server& server() { return *server_; }
  void EndServer() { server_.reset(); }

 private:
  void AddMethods();
  void GetResource(base::ByteView request, const base::CallContext& caller, base::Done done);

  const std::shared_ptr<const base::Secret> secret_;
  test::ParkedCalls parked_;
  absl::Mutex mutex_;
  std::vector<std::string> events_ ABSL_GUARDED_BY(mutex_);
  base::MethodTable methods_;
  std::unique_ptr<Server> server_;
};

}  // namespace attestd::rest

#endif  // ATTESTD_TEST_REST_REST_LAB_H_
