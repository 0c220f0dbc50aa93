// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_STATUS_TABLE_H_
#define ATTESTD_AGENT_STATUS_TABLE_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace attestd::agent {

// The one table from a failure to what a caller may read: a constant text that names the step and
// what to do. The cause stays in the log, under the same request id.
std::string_view PublicText(const absl::Status& status);

// An error whose text is for the caller as it is, and which no log needs.
absl::Status ForCaller(absl::StatusCode code, std::string_view text);
bool IsForCaller(const absl::Status& status);

// For any other.
struct PublicError {
  std::string message;  // "text [request id]"
  std::string details;  // google.rpc.Status with an ErrorInfo, see proto/error_details.proto
};
PublicError MakePublicError(const absl::Status& status, std::string_view request_id);

// The same as what a method ends with.
absl::Status PublicStatus(const absl::Status& status, std::string_view request_id);

// An id that is unique on this machine while it runs: "5f3a9c01-17".
std::string NewRequestId();

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_STATUS_TABLE_H_
