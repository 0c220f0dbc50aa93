// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TTRPC_TTRPC_LAB_H_
#define ATTESTD_TEST_TTRPC_TTRPC_LAB_H_

#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/handle.h"
#include "proto/ttrpc.pb.h"
#include "ttrpc/frame.h"
#include "ttrpc/server.h"

namespace attestd::ttrpc {

// A client on a socket pair that knows frames and protobuf, and waits at most 30 s.
class RawClient {
 public:
  struct Response {
    uint32_t stream = 0;
    int code = 0;
    std::string message;
    std::string payload;
  };

  explicit RawClient(base::UniqueFd socket);

  void Write(const std::string& bytes);
  void SendFrame(const Header& header, const std::string& data);
  void Send(uint32_t stream, const std::string& method, const std::string& payload = "",
            int64_t timeout_nano = 0);
  // The next response; nothing when the server has hung up.
  std::optional<Response> Receive();
  // The server still answers.
  bool Works();
  void Leave() { socket_.reset(); }
  int socket() const { return socket_.get(); }

 private:
  std::string ReadExactly(size_t size);

  base::UniqueFd socket_;
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
  // Waits until so many calls are parked.
  void AwaitParked(size_t count);
  const std::shared_ptr<const base::Secret>& secret() const { return secret_; }
  Server& server() { return *server_; }
  void EndServer() { server_.reset(); }

 private:
  struct Parked;
  void Park(base::ByteView request, const base::CallContext& caller, base::Done done);
  void End(const std::string& name, const absl::StatusOr<base::Reply>& reply);

  const std::shared_ptr<const base::Secret> secret_;
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Parked>> parked_ ABSL_GUARDED_BY(mutex_);
  base::MethodTable methods_;
  std::unique_ptr<Server> server_;
};

}  // namespace attestd::ttrpc

#endif  // ATTESTD_TEST_TTRPC_TTRPC_LAB_H_
