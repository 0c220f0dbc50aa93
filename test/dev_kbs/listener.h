// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_LISTENER_H_
#define ATTESTD_TEST_DEV_KBS_LISTENER_H_

#include <functional>
#include <string>

namespace attestd::dev_kbs {

struct ServerOptions {
  std::string host;
  int port = 0;           // 0: any free one
  std::string cert = {};  // PEM files; both empty: plain HTTP
  std::string key = {};
  std::function<void()> on_failure = {};  // called when listening ends without Stop
};

// A server that listens from its making to Stop.
class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  virtual int port() const = 0;
  // Ends after the requests that are being answered; kept connections are closed.
  virtual void Stop() = 0;
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_LISTENER_H_
