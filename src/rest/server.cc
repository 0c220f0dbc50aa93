// SPDX-License-Identifier: Apache-2.0
#include "rest/server.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"

namespace attestd::rest {

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const base::MethodTable& methods,
                                                       Options options, Limits limits) {
  base::UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) {
    return base::ErrnoStatus(errno, "REST: eventfd");
  }
  std::unique_ptr<Server> server(new Server({.methods = methods,
                                             .mailbox = std::make_shared<Mailbox>(std::move(event)),
                                             .features = options.features,
                                             .version = std::move(options.version)}));
  ASSIGN_OR_RETURN(server->loop_, Loop::Create(server->house_, limits));
  return server;
}

Server::~Server() {
  Drain();
  std::thread thread;
  {
    const absl::MutexLock lock(&mutex_);
    thread = std::move(thread_);
  }
  if (thread.joinable()) {
    thread.join();
  }
  house_.mailbox->AwaitCalls();
}

void Server::Accept(base::UniqueFd connection) {
  house_.mailbox->Put(std::move(connection));
  const absl::MutexLock lock(&mutex_);
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { loop_->Run(); });
  }
}

void Server::Drain() { house_.mailbox->PutDrain(); }

}  // namespace attestd::rest
