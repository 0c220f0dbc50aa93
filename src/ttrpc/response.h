// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TTRPC_RESPONSE_H_
#define ATTESTD_TTRPC_RESPONSE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/method.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::ttrpc {

// A frame to send: `head`, and behind it the secret itself, which may be null.
struct Outgoing {
  std::string head;
  std::shared_ptr<const base::Secret> secret;

  size_t size() const { return head.size() + (secret != nullptr ? secret->size() : 0); }
};

// The response frame of a stream: the reply, or the error (proto/ttrpc.proto, Response). A reply
// that is longer than the protocol carries becomes ResourceExhausted.
Outgoing EncodeResponse(uint32_t stream, const absl::StatusOr<base::Reply>& reply);

}  // namespace attestd::ttrpc

#endif  // ATTESTD_TTRPC_RESPONSE_H_
