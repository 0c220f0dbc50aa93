// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TTRPC_SERVER_H_
#define ATTESTD_TTRPC_SERVER_H_

#include <memory>
#include <utility>

#include "base/door.h"
#include "base/door_thread.h"
#include "base/handle.h"
#include "base/method.h"
#include "base/status.h"
#include "ttrpc/connection.h"

namespace attestd::ttrpc {

// Our methods over ttRPC. One thread, which starts with the first connection, serves all of them;
// methods do not block it.
class Server : public base::Door {
 public:
  // `methods` outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Create(const base::MethodTable& methods,
                                                        Limits limits = {});
  ~Server() override = default;

  void Accept(base::UniqueFd connection, base::CallerRef caller) override {
    thread_.Accept({.socket = std::move(connection), .caller = std::move(caller)});
  }
  void Drain() override { thread_.Drain(); }

 private:
  class Loop;
  Server(Connection::House house, base::UniqueFd epoll);

  const Connection::House house_;
  base::UniqueFd epoll_;
  base::DoorThread thread_;  // the last: it ends before what it uses
};

}  // namespace attestd::ttrpc

#endif  // ATTESTD_TTRPC_SERVER_H_
