// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_GRPC_REPLY_H_
#define ATTESTD_AGENT_GRPC_REPLY_H_

#include <grpc/byte_buffer.h>

#include "base/handle.h"
#include "base/method.h"

namespace attestd::agent {

using GrpcBuffer = base::Handle<grpc_byte_buffer, grpc_byte_buffer_destroy>;

// The reply as gRPC sends it. The secret is not copied; it is wiped when gRPC lets go of the buffer
// and nobody else holds it.
GrpcBuffer GrpcReply(base::Reply reply);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_GRPC_REPLY_H_
