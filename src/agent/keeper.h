// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_KEEPER_H_
#define ATTESTD_AGENT_KEEPER_H_

#include <string>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::agent {

// Whether another attestd holds the socket at the path. FailedPrecondition when it holds the path,
// and the socket there is gone.
absl::StatusOr<bool> IsServedByAttestd(const std::string& path);

// Stands in for a program whose socket another attestd serves: holds nothing, and returns when
// SIGTERM or SIGINT comes by `signals` (a signalfd). Unavailable when nobody has served the path
// for 30 s.
absl::Status KeepPlace(const std::string& path, const base::UniqueFd& signals);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_KEEPER_H_
