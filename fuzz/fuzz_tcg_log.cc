// SPDX-License-Identifier: Apache-2.0
// Crypto-agile event logs: CCEL and what the agent appends.
// Covers: src/eventlog/tcg_log.cc
#include "eventlog/tcg_log.h"
#include "fuzz/fuzz_target.h"

namespace eventlog = attestd::eventlog;

FUZZ_TARGET(input) {
  const auto log = eventlog::ParseTcgLog(input);
  if (!log.ok()) {
    return;
  }
  FUZZ_CHECK(log->used <= input.size());
  size_t data = 0;
  for (const eventlog::Event& event : log->events) {
    data += event.data.size();
  }
  FUZZ_CHECK(data < log->used);
  // What was used is the same log, with or without what follows.
  const auto again = eventlog::ParseTcgLog(input.first(log->used));
  FUZZ_CHECK(again.ok() && again->events.size() == log->events.size());
  (void)eventlog::Replay(*log, attestd::base::HashAlgorithm::kSha384);
}
