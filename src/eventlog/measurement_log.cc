// SPDX-License-Identifier: Apache-2.0
#include "eventlog/measurement_log.h"

#include <string>
#include <utility>

#include "base/encoding.h"
#include "base/log.h"

namespace attestd::eventlog {
namespace {

// In base64 inside of evidence it still passes through the body limits of key brokers.
constexpr size_t kMaxLogBytes = size_t{1} << 20;

// One code and reason for whatever the disk answered.
absl::Status LogFailed(const absl::Status& status, std::string_view step) {
  if (status.ok()) {
    return status;
  }
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kLogFailed,
                          "event log: " + std::string(step) + ": " + std::string(status.message()));
}

std::string Diverged(uint64_t pcr, const std::string& log, base::ByteView expected,
                     base::ByteView found) {
  return "register " + std::to_string(pcr) + " was extended outside of " + log + ": expected " +
         base::HexEncode(expected) + ", found " + base::HexEncode(found) +
         "; measure into another register, or reboot and remove the log if it outlived the boot";
}

}  // namespace

MeasurementLog::MeasurementLog(std::unique_ptr<LogFiles> files, StepHook at_step)
    : files_(std::move(files)), at_step_(std::move(at_step)) {}

void MeasurementLog::Done(Step step) const {
  if (at_step_ != nullptr) {
    at_step_(step);
  }
}

absl::Status MeasurementLog::SaveJournal() {
  ASSIGN_OR_RETURN(const std::string text, EncodeJournal(*journal_));
  return LogFailed(files_->ReplaceJournal(text), "write the journal");
}

// The events that the journal vouches for. Behind them an intent may have left anything, which
// Settle writes again or cuts off; without one only the end of a half-written entry is cut off.
absl::StatusOr<EventLog> MeasurementLog::ReadEvents(const std::optional<Journal>& journal) {
  ASSIGN_OR_RETURN(const std::string text, files_->ReadLog());
  base::ByteView bytes = base::AsBytes(text);
  const bool pending = journal.has_value() && journal->intent.has_value();
  if (pending && journal->log_bytes < bytes.size()) {
    bytes = bytes.first(journal->log_bytes);
  }
  ASSIGN_OR_RETURN(EventLog log, ParseAael(bytes));
  if (journal.has_value() && log.used != journal->log_bytes) {
    return absl::DataLossError("has " + std::to_string(log.used) + " bytes of entries; expected " +
                               std::to_string(journal->log_bytes) +
                               ", as its journal says: another program wrote to it");
  }
  if (log.used < bytes.size()) {
    base::Log(base::Severity::kWarning, "the event log ends inside of an entry, which is dropped",
              {{"log", files_->log_path()}});
    RETURN_IF_ERROR(files_->WriteLog(log.used, {}));
  }
  return log;
}

absl::Status MeasurementLog::Load(base::HashAlgorithm hash) {
  if (journal_.has_value()) {
    return absl::OkStatus();
  }
  const auto text = files_->ReadJournal();
  RETURN_IF_ERROR(LogFailed(text.status(), "read the journal"));
  std::optional<Journal> journal;
  if (!text->empty()) {
    auto parsed = ParseJournal(*text);
    RETURN_IF_ERROR(LogFailed(parsed.status(), "the journal beside " + files_->log_path()));
    journal = *std::move(parsed);
  }
  const auto log = ReadEvents(journal);
  RETURN_IF_ERROR(LogFailed(log.status(), files_->log_path()));
  if (!journal.has_value()) {
    // A log of another program, or whose journal was lost: its registers then began as zeros, or
    // CheckRegister finds out.
    auto registers = Replay(*log, hash);
    RETURN_IF_ERROR(LogFailed(registers.status(), files_->log_path()));
    journal = Journal{.registers = *std::move(registers), .log_bytes = log->used, .intent = {}};
  }
  journal_ = std::move(journal);
  return absl::OkStatus();
}

// Brings log and journal to what the register says of the intent.
absl::Status MeasurementLog::Settle(evidence::RuntimeRegisters& registers,
                                    base::Deadline deadline) {
  if (!journal_->intent.has_value()) {
    return absl::OkStatus();
  }
  const Intent intent = *journal_->intent;
  const absl::StatusOr<base::Bytes> value = registers.Read(intent.pcr, deadline);
  if (!value.ok()) {
    return base::Annotate(value.status(),
                          "event log: recover: read register " + std::to_string(intent.pcr));
  }
  if (*value == intent.before) {
    return Finish({}, intent.before);
  }
  if (*value != intent.after) {
    // Nobody can tell whether our extend was among those. The log then rather says too much than
    // too little, and Extend refuses this register from now on.
    base::Log(base::Severity::kError, "event log and register disagree",
              {{"cause", Diverged(intent.pcr, files_->log_path(), intent.after, *value)}});
  }
  return Finish(intent.entry, intent.after);
}

// Ends the intent with this entry (or none) in the log and this value in the register.
absl::Status MeasurementLog::Finish(base::ByteView entry, const base::Bytes& value) {
  RETURN_IF_ERROR(
      LogFailed(files_->WriteLog(journal_->log_bytes, entry), "write " + files_->log_path()));
  journal_->log_bytes += entry.size();
  journal_->registers[journal_->intent->index] = value;
  journal_->intent.reset();
  return SaveJournal();
}

absl::Status MeasurementLog::Recover(evidence::RuntimeRegisters& registers,
                                     base::Deadline deadline) {
  RETURN_IF_ERROR(Load(registers.hash()));
  absl::Status status = Settle(registers, deadline);
  if (!status.ok()) {
    journal_.reset();
  }
  return status;
}

absl::Status MeasurementLog::CheckRegister(uint32_t index, uint64_t pcr,
                                           const base::Bytes& value) const {
  const auto known = journal_->registers.find(index);
  if (known == journal_->registers.end() || known->second == value) {
    return absl::OkStatus();
  }
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kRegisterDiverged,
                          Diverged(pcr, files_->log_path(), known->second, value));
}

// Intent and entry, both durable. On failure neither is left, as far as the disk allows; what is
// left the next Recover drops, since the register was not touched.
absl::Status MeasurementLog::Begin(Intent intent) {
  const base::Bytes before = intent.before;
  const base::Bytes entry = intent.entry;
  journal_->intent = std::move(intent);
  absl::Status status = SaveJournal();
  if (status.ok()) {
    Done(Step::kIntentWritten);
    status = LogFailed(files_->WriteLog(journal_->log_bytes, entry), "append the entry");
  }
  if (status.ok()) {
    Done(Step::kEntryAppended);
  } else if (!Finish({}, before).ok()) {
    journal_.reset();
  }
  return status;
}

// The register is extended and the log says so: a journal that cannot be written now is brought up
// to date by the next Recover.
void MeasurementLog::Commit() {
  const size_t entry_bytes = journal_->intent->entry.size();
  journal_->log_bytes += entry_bytes;
  journal_->registers[journal_->intent->index] = std::move(journal_->intent->after);
  journal_->intent.reset();
  if (const absl::Status status = SaveJournal(); !status.ok()) {
    base::Log(base::Severity::kWarning, "the journal of the event log cannot be written",
              {{"cause", base::StatusText(status)}});
    journal_.reset();
    return;
  }
  Done(Step::kCommitted);
}

absl::StatusOr<Intent> MeasurementLog::Plan(evidence::RuntimeRegisters& registers, uint64_t pcr,
                                            const AaelEntry& entry, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const uint32_t index, registers.EventLogIndex(pcr));
  if (journal_->log_bytes + entry.bytes.size() > kMaxLogBytes) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kLogFull,
                            "event log: " + files_->log_path() + " has " +
                                std::to_string(journal_->log_bytes) + " bytes; expected at most " +
                                std::to_string(kMaxLogBytes));
  }
  ASSIGN_OR_RETURN(base::Bytes before, registers.Read(pcr, deadline));
  RETURN_IF_ERROR(CheckRegister(index, pcr, before));
  ASSIGN_OR_RETURN(base::Bytes after, base::ExtendedValue(registers.hash(), before, entry.digest));
  return Intent{.pcr = pcr,
                .index = index,
                .before = std::move(before),
                .after = std::move(after),
                .entry = entry.bytes};
}

absl::Status MeasurementLog::Extend(evidence::RuntimeRegisters& registers, uint64_t pcr,
                                    const RuntimeEvent& event, base::Deadline deadline) {
  const auto index = registers.EventLogIndex(pcr);
  RETURN_IF_ERROR(base::WithReason(index.status(), base::Reason::kRegisterForbidden));
  ASSIGN_OR_RETURN(const AaelEntry entry, EncodeAael(event, *index, registers.hash()));
  RETURN_IF_ERROR(Recover(registers, deadline));
  ASSIGN_OR_RETURN(Intent intent, Plan(registers, pcr, entry, deadline));
  const base::Bytes after = intent.after;
  RETURN_IF_ERROR(Begin(std::move(intent)));
  absl::Status extended = registers.Extend(pcr, entry.digest, deadline);
  if (extended.ok()) {
    Done(Step::kRegisterExtended);
    Commit();
    return absl::OkStatus();
  }
  // The register says whether it happened all the same.
  if (!Recover(registers, deadline).ok()) {
    return extended;
  }
  const absl::StatusOr<base::Bytes> value = registers.Read(pcr, deadline);
  if (!value.ok()) {
    return extended;
  }
  RETURN_IF_ERROR(CheckRegister(*index, pcr, *value));
  return *value == after ? absl::OkStatus() : extended;
}

}  // namespace attestd::eventlog
