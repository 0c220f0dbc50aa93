// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_TOKEN_REPLY_H_
#define ATTESTD_AGENT_TOKEN_REPLY_H_

#include "base/method.h"
#include "base/status.h"
#include "kbs_client/broker.h"

namespace attestd::agent {

// GetTokenResponse for token type "kbs", guest-components' JSON: {"token"}, and where the key comes
// along {"token", "tee_keypair"}. All of it is in a Secret: it is not copied into the reply.
absl::StatusOr<base::Reply> TokenReply(const kbs::Token& token);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_TOKEN_REPLY_H_
