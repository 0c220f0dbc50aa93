// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_BESIDE_H_
#define ATTESTD_AGENT_BESIDE_H_

#include <string>

#include "base/handle.h"

namespace attestd::agent {

// What a process does that stands beside the attestd that serves: it watches whether that one is
// there, and holds no secret.

// A connection to whoever listens at the path; an invalid descriptor when nobody does.
base::UniqueFd ConnectTo(const std::string& path);

enum class Event { kEnd, kReadable, kTimeout };

// Waits for SIGTERM or SIGINT by `signals` (a signalfd), for the connection to say something or to
// end, or so long (-1: for ever).
Event WaitBeside(const base::UniqueFd& signals, const base::UniqueFd& connection, int timeout_ms);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_BESIDE_H_
