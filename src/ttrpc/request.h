// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TTRPC_REQUEST_H_
#define ATTESTD_TTRPC_REQUEST_H_

#include <string>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"

namespace attestd::ttrpc {

// What a caller asks (proto/ttrpc.proto, Request).
struct Request {
  std::string path;  // "/package.Service/Method"
  base::Bytes payload;
  base::Deadline deadline = base::Deadline::Infinite();
};

// From the data of a request's frame. InvalidArgument, with a text for the caller, when they are no
// Request, or a payload is longer than base::kMaxRequestBytes (ResourceExhausted).
absl::StatusOr<Request> ParseRequest(base::ByteView data);

}  // namespace attestd::ttrpc

#endif  // ATTESTD_TTRPC_REQUEST_H_
