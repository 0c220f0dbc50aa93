// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_ERROR_H_
#define ATTESTD_REST_ERROR_H_

#include "base/status.h"
#include "rest/head.h"
#include "rest/reply.h"

namespace attestd::rest {

// {"error":{"code","reason","message","request_id"}}: the code by its name in gRPC, the reason of
// docs/errors.md, and the id under which the log has the cause, where there is one.
HttpReply ErrorReply(const absl::Status& status);
HttpReply ErrorReply(const Refusal& refusal);

// 403 for PermissionDenied, and so on: docs/rest.md has the table.
unsigned HttpCode(absl::StatusCode code);

}  // namespace attestd::rest

#endif  // ATTESTD_REST_ERROR_H_
