// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_SERVER_H_
#define ATTESTD_REST_SERVER_H_

#include <memory>
#include <string>
#include <utility>

#include "base/door.h"
#include "base/door_thread.h"
#include "base/handle.h"
#include "base/method.h"
#include "base/status.h"
#include "rest/exchange.h"
#include "rest/loop.h"
#include "rest/request.h"

namespace attestd::rest {

// What one listener serves.
struct Options {
  Features features;
  std::string version;  // of attestd, for GET /info
};

// Our methods over HTTP/1.1, with the paths of guest-components' api-server-rest. One thread, which
// starts with the first connection, serves all of them; methods do not block it.
class Server : public base::Door {
 public:
  // `methods` outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Create(const base::MethodTable& methods,
                                                        Options options, Limits limits = {});
  ~Server() override = default;

  void Accept(base::UniqueFd connection, base::CallerRef caller) override {
    thread_.Accept({.socket = std::move(connection), .caller = std::move(caller)});
  }
  void Drain() override { thread_.Drain(); }

 private:
  explicit Server(House house)
      : house_(std::move(house)), thread_(house_.mailbox, [this] { loop_->Run(); }) {}

  const House house_;
  std::unique_ptr<Loop> loop_;  // used by the thread
  base::DoorThread thread_;     // the last: it ends before what it uses
};

}  // namespace attestd::rest

#endif  // ATTESTD_REST_SERVER_H_
