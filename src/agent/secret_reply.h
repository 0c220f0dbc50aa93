// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SECRET_REPLY_H_
#define ATTESTD_AGENT_SECRET_REPLY_H_

#include <memory>

#include "base/method.h"

namespace attestd::agent {

// A protobuf message whose only field is number 1, bytes, holding the secret: the shape of
// api.GetResourceResponse. The secret is not copied.
base::Reply SecretReply(std::shared_ptr<const base::Secret> secret);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SECRET_REPLY_H_
