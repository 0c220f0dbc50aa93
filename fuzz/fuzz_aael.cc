// SPDX-License-Identifier: Apache-2.0
// The agent's own log and its journal, as recovery reads them; and what a caller may measure.
// Covers: src/eventlog/aael.cc src/eventlog/journal.cc
#include "base/hash.h"
#include "eventlog/aael.h"
#include "eventlog/journal.h"
#include "fuzz/fuzz_target.h"

namespace eventlog = attestd::eventlog;
using attestd::base::AsText;
using attestd::base::ByteView;

namespace {

void RunLog(ByteView input) {
  const auto log = eventlog::ParseAael(input);
  if (!log.ok()) {
    return;
  }
  FUZZ_CHECK(log->used <= input.size());
  const auto again = eventlog::ParseAael(input.first(log->used));
  FUZZ_CHECK(again.ok() && again->used == log->used);
}

void RunJournal(ByteView input) {
  const auto journal = eventlog::ParseJournal(AsText(input));
  if (!journal.ok()) {
    return;
  }
  const auto text = eventlog::EncodeJournal(*journal);
  FUZZ_CHECK(text.ok());
  const auto again = eventlog::ParseJournal(*text);
  FUZZ_CHECK(again.ok() && again->registers == journal->registers);
  FUZZ_CHECK(*eventlog::EncodeJournal(*again) == *text);
}

// Whatever is accepted reads back as one entry.
void RunEvent(ByteView input) {
  const auto entry = eventlog::EncodeAael({"domain", "operation", AsText(input)}, 23,
                                          attestd::base::HashAlgorithm::kSha256);
  if (entry.ok()) {
    const auto log = eventlog::ParseAael(entry->bytes);
    FUZZ_CHECK(log.ok() && log->events.size() == 1 && log->used == entry->bytes.size());
  }
}

}  // namespace

FUZZ_TARGET(input) {
  RunLog(input);
  RunJournal(input);
  RunEvent(input);
}
