// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVENTLOG_JOURNAL_H_
#define ATTESTD_EVENTLOG_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::eventlog {

// One extend that was begun: enough to finish it or to undo it after a crash at any step.
struct Intent {
  uint64_t pcr = 0;    // as RuntimeRegisters calls the register
  uint32_t index = 0;  // as the log calls it
  base::Bytes before;  // value of the register, before and after
  base::Bytes after;
  base::Bytes entry;
};

// What is known beside the log itself.
struct Journal {
  // The value that each register had after the last event of ours, by index in the log.
  std::map<uint32_t, base::Bytes> registers;
  size_t log_bytes = 0;  // of the log; an entry of the intent comes behind them
  std::optional<Intent> intent;
};

// One line of JSON.
absl::StatusOr<std::string> EncodeJournal(const Journal& journal);
// The same back; "" is the empty journal. InvalidArgument naming what is wrong.
absl::StatusOr<Journal> ParseJournal(std::string_view text);

}  // namespace attestd::eventlog

#endif  // ATTESTD_EVENTLOG_JOURNAL_H_
