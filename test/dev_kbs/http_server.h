// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_HTTP_SERVER_H_
#define ATTESTD_TEST_DEV_KBS_HTTP_SERVER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/status.h"
#include "test/dev_kbs/kbs_message.h"
#include "test/dev_kbs/listener.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace attestd::dev_kbs {

// HTTP/1.1 in front of a handler. Keeps connections, answers each with a thread of its own (320 at
// a time), takes bodies of up to 2 MiB.
class HttpServer final : public Listener {
 public:
  using Handler = std::function<KbsAnswer(const KbsRequest& request)>;
  // Given a line without its end: "METHOD /path STATUS", or why a request was refused.
  using LineSink = std::function<void(const std::string& line)>;

  // Listens when it returns. InvalidArgument: bad certificate or key. Unavailable: cannot listen.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const ServerOptions& options,
                                                           Handler handler, const LineSink& sink);
  ~HttpServer() override;

  int port() const override { return port_; }
  void Stop() override;

 private:
  explicit HttpServer(std::unique_ptr<httplib::Server> server);
  void Route(Handler handler, const LineSink& sink);
  absl::Status Bind(const ServerOptions& options);
  void Run(const std::function<void()>& on_failure);

  std::unique_ptr<httplib::Server> server_;
  int listener_ = -1;  // borrowed from server_
  int port_ = 0;
  std::atomic<bool> ended_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_HTTP_SERVER_H_
