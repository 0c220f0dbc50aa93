// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/fault_plan.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <absl/time/clock.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/file.h"

namespace attestd::fake_tee {
namespace {

constexpr std::string_view kClear = "clear";

constexpr std::array<std::string_view, 12> kPlaces = {
    "mkdir",    "privlevel", "inblob",    "outblob", "auxblob",   "generation",
    "provider", "sev-guest", "tdx-guest", "tpm",     "paravisor", "open",
};

// What must stand behind the name of a fault.
enum class Value { kAny, kWord, kNumber, kErrno, kPatch };

struct Kind {
  std::string_view where;  // empty: at every place
  std::string_view what;
  Value value = Value::kAny;
};

// Each is looked for by the part that it is a fault of: one that is not here would never be used.
constexpr std::array<Kind, 26> kKinds = {{
    {"", "error", Value::kErrno},
    {"", "delay", Value::kNumber},
    {"outblob", "empty"},
    {"outblob", "garbage"},
    {"outblob", "huge", Value::kNumber},
    {"outblob", "wrong-nonce"},
    {"outblob", "file", Value::kWord},
    {"outblob", "patch", Value::kPatch},
    {"auxblob", "empty"},
    {"auxblob", "garbage"},
    {"auxblob", "huge", Value::kNumber},
    {"auxblob", "file", Value::kWord},
    {"generation", "stale"},
    {"provider", "text", Value::kWord},
    {"sev-guest", "wrong-nonce"},
    {"sev-guest", "garbage"},
    {"sev-guest", "file", Value::kWord},
    {"sev-guest", "patch", Value::kPatch},
    {"sev-guest", "fw-error", Value::kNumber},
    {"sev-guest", "fw-error-ok", Value::kNumber},
    {"sev-guest", "vmm-error", Value::kNumber},
    {"sev-guest", "certs-len", Value::kNumber},
    {"tdx-guest", "wrong-nonce"},
    {"paravisor", "late"},
    {"paravisor", "foreign"},
    {"paravisor", "corrupt", Value::kNumber},
}};

constexpr std::array kErrnoNames = {
    std::pair{"EPERM", EPERM},         std::pair{"ENOENT", ENOENT},
    std::pair{"EINTR", EINTR},         std::pair{"EIO", EIO},
    std::pair{"ENXIO", ENXIO},         std::pair{"EAGAIN", EAGAIN},
    std::pair{"EWOULDBLOCK", EAGAIN},  std::pair{"ENOMEM", ENOMEM},
    std::pair{"EACCES", EACCES},       std::pair{"EBUSY", EBUSY},
    std::pair{"EEXIST", EEXIST},       std::pair{"EINVAL", EINVAL},
    std::pair{"ENOTTY", ENOTTY},       std::pair{"EFBIG", EFBIG},
    std::pair{"ENOSPC", ENOSPC},       std::pair{"EROFS", EROFS},
    std::pair{"ETIMEDOUT", ETIMEDOUT}, std::pair{"ESTALE", ESTALE},
};

std::optional<uint64_t> Number(const std::string& text) {
  uint64_t value = 0;
  if (text.starts_with("0x") ? absl::SimpleHexAtoi(text, &value) : absl::SimpleAtoi(text, &value)) {
    return value;
  }
  return std::nullopt;
}

struct Splice {
  size_t offset = 0;
  base::Bytes bytes;
};

// "OFFSET:HEX".
std::optional<Splice> ParseSplice(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  const std::optional<uint64_t> offset = Number(parts.first);
  absl::StatusOr<base::Bytes> bytes = base::HexDecode(parts.second);
  if (!offset.has_value() || !bytes.ok() || bytes->empty()) {
    return std::nullopt;
  }
  return Splice{.offset = static_cast<size_t>(*offset), .bytes = *std::move(bytes)};
}

// Zero for a word that is no errno.
int Errno(const std::string& text) {
  const auto* found = std::find_if(kErrnoNames.begin(), kErrnoNames.end(),
                                   [&](const auto& entry) { return text == entry.first; });
  return found == kErrnoNames.end() ? static_cast<int>(Number(text).value_or(0)) : found->second;
}

bool IsPlace(const std::string& word) {
  return std::find(kPlaces.begin(), kPlaces.end(), word) != kPlaces.end();
}

// Nothing for a fault that there is not at this place.
std::optional<Value> ValueOf(const std::string& where, const std::string& what) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) {
    return kind.what == what && (kind.where.empty() || kind.where == where);
  });
  return found == kKinds.end() ? std::nullopt : std::optional<Value>(found->value);
}

// What is wrong with a value, or "".
std::string_view Complaint(Value value, const std::string& text) {
  switch (value) {
    case Value::kAny:
      return "";
    case Value::kWord:
      return text.empty() ? "it takes a word" : "";
    case Value::kNumber:
      return Number(text).has_value() ? "" : "it takes a number";
    case Value::kErrno:
      return Errno(text) != 0 ? "" : "not the name of an error";
    case Value::kPatch:
      return ParseSplice(text).has_value() ? "" : "it takes OFFSET:HEX";
  }
  return "";
}

}  // namespace

absl::StatusOr<FaultPlan::Fault> FaultPlan::Parse(std::string_view line) {
  const auto bad = [&](std::string_view why) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "\"" + std::string(line) + "\": " + std::string(why));
  };
  const std::vector<std::string> words = absl::StrSplit(std::string(line), ' ', absl::SkipEmpty());
  if (words.size() < 2 || words.size() > 4) {
    return bad("expected WHERE WHAT [VALUE [COUNT]]");
  }
  Fault fault{.where = words[0], .what = words[1], .value = {}, .left = 1};
  fault.value = words.size() > 2 ? words[2] : "";
  if (!IsPlace(fault.where)) {
    return bad("there is no place of this name");
  }
  const std::optional<Value> value = ValueOf(fault.where, fault.what);
  if (!value.has_value()) {
    return bad(fault.where + " knows no fault " + fault.what);
  }
  if (const std::string_view complaint = Complaint(*value, fault.value); !complaint.empty()) {
    return bad(complaint);
  }
  if (words.size() > 3 && words[3] == "always") {
    fault.left = -1;
  } else if (words.size() > 3 && (!absl::SimpleAtoi(words[3], &fault.left) || fault.left < 1)) {
    return bad("COUNT is neither a number nor \"always\"");
  }
  return fault;
}

absl::Status FaultPlan::Apply(std::string_view commands) {
  std::list<Fault> added;
  bool clear = false;
  const std::vector<std::string> lines =
      absl::StrSplit(std::string(commands), '\n', absl::SkipWhitespace());
  for (const std::string& line : lines) {
    if (line == kClear) {
      clear = true;
      added.clear();
      continue;
    }
    ASSIGN_OR_RETURN(Fault fault, Parse(line));
    added.push_back(std::move(fault));
  }
  const absl::MutexLock lock(&mutex_);
  if (clear) {
    faults_.clear();
    counts_.clear();
  }
  faults_.splice(faults_.end(), added);
  return absl::OkStatus();
}

int FaultPlan::Enter(const std::string& where) {
  {
    const absl::MutexLock lock(&mutex_);
    ++counts_[where];
  }
  if (const auto delay = TakeNumber(where, "delay")) {
    absl::SleepFor(absl::Milliseconds(*delay));
  }
  const std::optional<std::string> error = Take(where, "error");
  return error.has_value() ? Errno(*error) : 0;
}

std::optional<std::string> FaultPlan::Take(const std::string& where, std::string_view what) {
  const absl::MutexLock lock(&mutex_);
  const auto due = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
    return fault.where == where && fault.what == what;
  });
  if (due == faults_.end()) {
    return std::nullopt;
  }
  const std::string value = due->value;
  if (due->left > 0 && --due->left == 0) {
    faults_.erase(due);
  }
  return value;
}

std::optional<uint64_t> FaultPlan::TakeNumber(const std::string& where, std::string_view what) {
  const std::optional<std::string> value = Take(where, what);
  return value.has_value() ? Number(*value) : std::nullopt;
}

void FaultPlan::Patch(const std::string& where, std::span<uint8_t> bytes) {
  const std::optional<std::string> value = Take(where, "patch");
  const std::optional<Splice> splice = value.has_value() ? ParseSplice(*value) : std::nullopt;
  if (splice.has_value() && splice->offset <= bytes.size() &&
      splice->bytes.size() <= bytes.size() - splice->offset) {
    std::copy(splice->bytes.begin(), splice->bytes.end(),
              bytes.begin() + static_cast<ptrdiff_t>(splice->offset));
  }
}

base::Bytes FaultPlan::Replace(const std::string& where, base::Bytes bytes) {
  constexpr size_t kMaxFile = size_t{32} << 20;
  const std::optional<std::string> path = Take(where, "file");
  if (!path.has_value()) {
    return bytes;
  }
  const absl::StatusOr<std::string> content = base::ReadFile(*path, kMaxFile);
  return content.ok() ? base::ToBytes(base::AsBytes(*content)) : bytes;
}

std::string FaultPlan::Counts() const {
  const absl::MutexLock lock(&mutex_);
  std::string text;
  for (const auto& [where, count] : counts_) {
    text += where + " " + std::to_string(count) + "\n";
  }
  return text;
}

}  // namespace attestd::fake_tee
