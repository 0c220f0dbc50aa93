// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVENTLOG_MEASUREMENT_LOG_H_
#define ATTESTD_EVENTLOG_MEASUREMENT_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"
#include "eventlog/aael.h"
#include "eventlog/journal.h"
#include "eventlog/log_files.h"
#include "evidence/runtime_registers.h"

namespace attestd::eventlog {

// The log of run-time measurements, written ahead of the registers: whatever the step at which the
// process is killed, after Recover the log replays to the registers. Calls come one at a time.
class MeasurementLog {
 public:
  // The steps of Extend, each when it is done.
  enum class Step { kIntentWritten, kEntryAppended, kRegisterExtended, kCommitted };
  using StepHook = std::function<void(Step)>;

  // The hook is for tests of crashes.
  explicit MeasurementLog(std::unique_ptr<LogFiles> files, StepHook at_step = nullptr);

  // Logs the event and extends the register with its digest. Errors: those of EncodeAael and of
  // the registers; FailedPrecondition with Reason::kLogFailed (the log cannot be written, the
  // register was not touched) or Reason::kRegisterDiverged (the register was extended by somebody
  // else, and no log of ours can replay to it); ResourceExhausted when the log has reached 1 MiB.
  absl::Status Extend(evidence::RuntimeRegisters& registers, uint64_t pcr,
                      const RuntimeEvent& event, base::Deadline deadline);

  // Finishes or undoes what a crash left, by the value of the register. Extend does it first, too.
  // kRegisterDiverged is told once, in the log of the daemon; the entry is then kept.
  absl::Status Recover(evidence::RuntimeRegisters& registers, base::Deadline deadline);

 private:
  absl::StatusOr<EventLog> ReadEvents(const std::optional<Journal>& journal);
  absl::Status Load(base::HashAlgorithm hash);
  absl::Status Settle(evidence::RuntimeRegisters& registers, base::Deadline deadline);
  absl::Status Finish(base::ByteView entry, const base::Bytes& value);
  absl::Status CheckRegister(uint32_t index, uint64_t pcr, const base::Bytes& value) const;
  absl::StatusOr<Intent> Plan(evidence::RuntimeRegisters& registers, uint64_t pcr,
                              const AaelEntry& entry, base::Deadline deadline);
  absl::Status Begin(Intent intent);
  void Commit();
  absl::Status SaveJournal();
  void Done(Step step) const;

  const std::unique_ptr<LogFiles> files_;
  const StepHook at_step_;
  // As it is on disk; nothing before the first use, and after a failure in between.
  std::optional<Journal> journal_;
};

}  // namespace attestd::eventlog

#endif  // ATTESTD_EVENTLOG_MEASUREMENT_LOG_H_
