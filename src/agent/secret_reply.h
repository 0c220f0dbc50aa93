// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SECRET_REPLY_H_
#define ATTESTD_AGENT_SECRET_REPLY_H_

#include <grpcpp/support/byte_buffer.h>

#include "base/secret.h"

namespace attestd::agent {

// A protobuf message whose only field is number 1, bytes, holding the secret: the shape of
// api.GetResourceResponse. The secret is not copied; it is wiped when gRPC lets go of the buffer
// and nobody else holds it.
grpc::ByteBuffer EncodeSecretReply(std::shared_ptr<const base::Secret> secret);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SECRET_REPLY_H_
