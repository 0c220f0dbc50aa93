// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_INIT_DATA_H_
#define ATTESTD_AGENT_INIT_DATA_H_

#include <optional>

#include "agent/config.h"
#include "base/status.h"
#include "evidence/init_data.h"

namespace attestd::agent {

// Nothing when none is configured; no text when only its digest is. InvalidArgument and errors of
// the file name the key.
absl::StatusOr<std::optional<evidence::InitData>> LoadInitData(const InitDataConfig& config);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_INIT_DATA_H_
