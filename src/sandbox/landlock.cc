// SPDX-License-Identifier: Apache-2.0
#include "sandbox/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "base/file.h"
#include "base/handle.h"

namespace attestd::sandbox {
namespace {

// linux/landlock.h, of a kernel newer than Debian 12's. The numbers are those of every
// architecture.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1;
constexpr int kPathBeneath = 1;

struct RulesetAttributes {
  uint64_t files = 0;
  uint64_t net = 0;
  uint64_t scoped = 0;
};
struct [[gnu::packed]] PathBeneath {
  uint64_t allowed = 0;
  int32_t parent = -1;
};

constexpr uint64_t kWriteFile = 1 << 1;
constexpr uint64_t kReadFile = 1 << 2;
constexpr uint64_t kReadFolder = 1 << 3;
constexpr uint64_t kRemoveFolder = 1 << 4;
constexpr uint64_t kRemoveFile = 1 << 5;
constexpr uint64_t kMakeFolder = 1 << 7;
constexpr uint64_t kMakeFile = 1 << 8;
constexpr uint64_t kTruncate = 1 << 14;
constexpr uint64_t kControlDevice = 1 << 15;
constexpr uint64_t kBindTcp = 1 << 0;
constexpr uint64_t kAbstractSockets = 1 << 0;
constexpr uint64_t kSignals = 1 << 1;

// What a rule for something that is no folder may say.
constexpr uint64_t kOfFiles = kWriteFile | kReadFile | kTruncate | kControlDevice;

// How many of the rights of files, from the first one on, a version knows; the last one all newer.
constexpr std::array<int, 5> kKnown = {13, 14, 15, 15, 16};

constexpr int kVersionOfNet = 4;
constexpr int kVersionOfScope = 6;

uint64_t KnownRights(int version) {
  const int index = std::min(version, static_cast<int>(kKnown.size())) - 1;
  return (uint64_t{1} << kKnown.at(static_cast<size_t>(index))) - 1;
}

uint64_t Rights(Access access) {
  switch (access) {
    case Access::kRead:
      return kReadFile | kReadFolder;
    case Access::kWrite:
      return kReadFile | kReadFolder | kWriteFile | kTruncate | kMakeFile | kMakeFolder |
             kRemoveFile | kRemoveFolder;
    case Access::kDevice:
      return kReadFile | kWriteFile | kControlDevice;
    case Access::kRemove:
      return kRemoveFile;
  }
  return 0;
}

absl::Status AddGrant(const base::UniqueFd& ruleset, const Grant& grant, uint64_t known) {
  const base::UniqueFd place(::open(grant.path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info {};
  if (!place.valid() || ::fstat(place.get(), &info) != 0) {
    return base::ErrnoStatus(errno, "sandbox: " + grant.path);
  }
  const uint64_t possible = S_ISDIR(info.st_mode) ? known : known & kOfFiles;
  const PathBeneath rule{.allowed = Rights(grant.access) & possible, .parent = place.get()};
  if (rule.allowed == 0 || ::syscall(kAddRule, ruleset.get(), kPathBeneath, &rule, 0) == 0) {
    return absl::OkStatus();
  }
  return base::ErrnoStatus(errno, "sandbox: " + grant.path);
}

}  // namespace

int LandlockVersion() {
  const long version = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

absl::Status RestrictFiles(std::span<const Grant> grants, const LandlockOptions& options) {
  const int version = LandlockVersion();
  if (version == 0) {
    return absl::OkStatus();
  }
  const uint64_t known = KnownRights(version);
  const RulesetAttributes attributes{
      .files = known,
      .net = version >= kVersionOfNet ? kBindTcp : 0,
      .scoped = version < kVersionOfScope
                    ? 0
                    : kSignals | (options.abstract_sockets ? 0 : kAbstractSockets)};
  // A kernel takes fields that it does not know as long as they are zero.
  const base::UniqueFd ruleset(
      static_cast<int>(::syscall(kCreateRuleset, &attributes, sizeof attributes, 0)));
  if (!ruleset.valid()) {
    return base::ErrnoStatus(errno, "sandbox: landlock_create_ruleset");
  }
  for (const Grant& grant : grants) {
    RETURN_IF_ERROR(AddGrant(ruleset, grant, known));
  }
  return ::syscall(kRestrictSelf, ruleset.get(), 0) == 0
             ? absl::OkStatus()
             : base::ErrnoStatus(errno, "sandbox: landlock_restrict_self");
}

}  // namespace attestd::sandbox
