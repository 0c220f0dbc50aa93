// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_SERVER_H_
#define ATTESTD_REST_SERVER_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <string>
#include <thread>

#include "base/door.h"
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
  ~Server() override;

  void Accept(base::UniqueFd connection) override;
  void Drain() override;

 private:
  explicit Server(House house) : house_(std::move(house)) {}

  const House house_;
  std::unique_ptr<Loop> loop_;  // used by the thread
  absl::Mutex mutex_;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);  // since the first connection
};

}  // namespace attestd::rest

#endif  // ATTESTD_REST_SERVER_H_
