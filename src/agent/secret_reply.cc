// SPDX-License-Identifier: Apache-2.0
#include "agent/secret_reply.h"

#include <string>
#include <utility>

#include "base/message_field.h"

namespace attestd::agent {

base::Reply SecretReply(std::shared_ptr<const base::Secret> secret) {
  if (secret->size() == 0) {
    return {};  // proto3 leaves out a field that holds its default
  }
  std::string head;
  base::AppendFieldHead(1, secret->size(), head);
  return {.bytes = std::move(head), .secret = std::move(secret)};
}

}  // namespace attestd::agent
