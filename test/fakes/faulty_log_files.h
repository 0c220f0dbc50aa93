// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_FAULTY_LOG_FILES_H_
#define ATTESTD_TEST_FAKES_FAULTY_LOG_FILES_H_

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "base/file.h"
#include "eventlog/log_files.h"

namespace attestd::fakes {

// The real files behind a disk that fails: each call takes one errno of its queue, 0 for none.
class FaultyLogFiles : public eventlog::LogFiles {
 public:
  struct Faults {
    std::deque<int> log_writes;
    std::deque<int> journal_writes;
    std::deque<int> reads;
  };

  FaultyLogFiles(const std::string& path, Faults& faults)
      : real_(eventlog::MakeLogFiles(path)), faults_(faults) {}

  const std::string& log_path() const override { return real_->log_path(); }
  absl::StatusOr<std::string> ReadLog() override {
    const absl::Status fault = Take(faults_.reads);
    return fault.ok() ? real_->ReadLog() : absl::StatusOr<std::string>(fault);
  }
  absl::StatusOr<std::string> ReadJournal() override { return real_->ReadJournal(); }
  absl::Status WriteLog(size_t offset, base::ByteView bytes) override {
    const absl::Status fault = Take(faults_.log_writes);
    if (fault.ok()) {
      return real_->WriteLog(offset, bytes);
    }
    // A full disk takes a part of what is written.
    real_->WriteLog(offset, bytes.first(bytes.size() / 2)).IgnoreError();
    return fault;
  }
  absl::Status ReplaceJournal(std::string_view text) override {
    const absl::Status fault = Take(faults_.journal_writes);
    return fault.ok() ? real_->ReplaceJournal(text) : fault;
  }

 private:
  static absl::Status Take(std::deque<int>& queue) {
    if (queue.empty()) {
      return absl::OkStatus();
    }
    const int error = queue.front();
    queue.pop_front();
    return error == 0 ? absl::OkStatus() : base::ErrnoStatus(error, "disk");
  }

  std::unique_ptr<eventlog::LogFiles> real_;
  Faults& faults_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_FAULTY_LOG_FILES_H_
