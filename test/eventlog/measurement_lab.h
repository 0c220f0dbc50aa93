// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_EVENTLOG_MEASUREMENT_LAB_H_
#define ATTESTD_TEST_EVENTLOG_MEASUREMENT_LAB_H_

#include <string>

#include "base/file.h"
#include "eventlog/measurement_log.h"
#include "test/support/temp_dir.h"

namespace attestd::eventlog {

constexpr uint64_t kPcr = 23;

inline base::Deadline Soon() { return base::Deadline::After(absl::Seconds(20)); }

// A folder with a log, and what its bytes say.
struct LogFolder {
  test::TempDir dir;
  std::string path = dir.File("run/eventlog");
  std::string journal = dir.File("run/.wal_event_entry");

  MeasurementLog Open() const { return MeasurementLog(MakeLogFiles(path)); }
  std::string Bytes() const { return base::ReadFile(path, size_t{4} << 20).value_or(""); }
  // The contents of the events, "one two".
  std::string Contents() const {
    const std::string bytes = Bytes();
    const auto log = ParseAael(base::AsBytes(bytes));
    if (!log.ok() || log->used != bytes.size()) {
      return "NOT WHOLE";
    }
    std::string contents;
    for (const Event& event : log->events) {
      const std::string text(base::AsText(event.data).substr(8));
      contents += (contents.empty() ? "" : " ") + text.substr(text.rfind(' ') + 1);
    }
    return contents;
  }
  // What a register is after the log, from zeros.
  base::Bytes Replayed(base::HashAlgorithm hash, uint32_t index = kPcr) const {
    const std::string bytes = Bytes();
    const auto log = ParseAael(base::AsBytes(bytes));
    const auto values = log.ok() ? Replay(*log, hash) : log.status();
    if (!values.ok()) {
      return {};
    }
    const auto value = values->find(index);
    return value != values->end() ? value->second : base::Bytes(DigestBytes(hash), 0);
  }
};

inline RuntimeEvent EventOf(std::string_view content) { return {"example.org", "Test", content}; }

}  // namespace attestd::eventlog

#endif  // ATTESTD_TEST_EVENTLOG_MEASUREMENT_LAB_H_
