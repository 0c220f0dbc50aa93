// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TTRPC_SERVER_H_
#define ATTESTD_TTRPC_SERVER_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <thread>

#include "base/door.h"
#include "base/handle.h"
#include "base/method.h"
#include "base/status.h"
#include "ttrpc/connection.h"
#include "ttrpc/mailbox.h"

namespace attestd::ttrpc {

// Our methods over ttRPC. One thread, which starts with the first connection, serves all of them;
// methods do not block it.
class Server : public base::Door {
 public:
  // `methods` outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Create(const base::MethodTable& methods,
                                                        Limits limits = {});
  ~Server() override;

  void Accept(base::UniqueFd connection) override;
  void Drain() override;

 private:
  class Loop;
  Server(Connection::House house, base::UniqueFd epoll);

  const Connection::House house_;
  base::UniqueFd epoll_;
  absl::Mutex mutex_;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);  // since the first connection
};

}  // namespace attestd::ttrpc

#endif  // ATTESTD_TTRPC_SERVER_H_
