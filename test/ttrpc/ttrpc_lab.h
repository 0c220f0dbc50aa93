// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TTRPC_TTRPC_LAB_H_
#define ATTESTD_TEST_TTRPC_TTRPC_LAB_H_

#include <memory>
#include <optional>
#include <string>

#include "proto/ttrpc.pb.h"
#include "test/support/parked_calls.h"
#include "test/support/raw_socket.h"
#include "ttrpc/frame.h"
#include "ttrpc/server.h"

namespace attestd::ttrpc {

// A client that knows frames and protobuf.
class RawClient : public test::RawSocket {
 public:
  struct Response {
    uint32_t stream = 0;
    int code = 0;
    std::string message;
    std::string payload;
  };

  using RawSocket::RawSocket;

  void SendFrame(const Header& header, const std::string& data);
  void Send(uint32_t stream, const std::string& method, const std::string& payload = "",
            int64_t timeout_nano = 0);
  // The next response; nothing when the server has hung up.
  std::optional<Response> Receive();
  // The server still answers.
  bool Works();

 private:
  uint32_t last_stream_ = 1'000'001;
};

// The data of a request frame for a method of the lab.
std::string EncodeRequest(const std::string& method, const std::string& payload = "",
                          int64_t timeout_nano = 0);

// A server with three methods: test.Lab/Echo answers with its request, test.Lab/Secret with the
// lab's secret, test.Lab/Park when it is told to, or when its caller is stopped.
class TtrpcLab {
 public:
  explicit TtrpcLab(Limits limits = {}, size_t secret_bytes = 5);

  RawClient Connect();
  // Ends the parked call whose request was `name`, once there is one, on this thread.
  void Release(const std::string& name);
  void AwaitParked(size_t count) { parked_.Await(count); }
  const std::shared_ptr<const base::Secret>& secret() const { return secret_; }
  Server& server() { return *server_; }
  void EndServer() { server_.reset(); }

 private:
  const std::shared_ptr<const base::Secret> secret_;
  test::ParkedCalls parked_;
  base::MethodTable methods_;
  std::unique_ptr<Server> server_;
};

}  // namespace attestd::ttrpc

#endif  // ATTESTD_TEST_TTRPC_TTRPC_LAB_H_
