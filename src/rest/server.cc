// SPDX-License-Identifier: Apache-2.0
#include "rest/server.h"

#include <utility>

namespace attestd::rest {

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const base::MethodTable& methods,
                                                       Options options, Limits limits) {
  ASSIGN_OR_RETURN(std::shared_ptr<base::Mailbox> mailbox, base::MakeMailbox());
  std::unique_ptr<Server> server(new Server({.methods = methods,
                                             .mailbox = std::move(mailbox),
                                             .features = options.features,
                                             .version = std::move(options.version)}));
  ASSIGN_OR_RETURN(server->loop_, Loop::Create(server->house_, limits));
  return server;
}

}  // namespace attestd::rest
