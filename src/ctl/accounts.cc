// SPDX-License-Identifier: Apache-2.0
#include "ctl/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <vector>

#include "ctl/words.h"

namespace attestd::ctl {
namespace {

// The highest number is (uid_t)-1, which means "leave it" to chown(2).
constexpr uint32_t kHighest = std::numeric_limits<uint32_t>::max() - 1;
// Entries longer than this, as of a group with very many members, are not read.
constexpr size_t kMaxEntry = size_t{1} << 20;

// Calls getpwnam_r or getgrnam_r with as much room as the entry needs.
template <typename Entry>
absl::StatusOr<Entry> Look(int (*find)(const char*, Entry*, char*, size_t, Entry**),
                           const std::string& name, const std::string& kind) {
  for (std::vector<char> room(4096);; room.resize(room.size() * 4)) {
    Entry entry{};
    Entry* found = nullptr;
    const int error = find(name.c_str(), &entry, room.data(), room.size(), &found);
    if (found != nullptr) {
      return entry;
    }
    if (error != ERANGE || room.size() >= kMaxEntry) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              "there is no " + kind + " " + name + "; give its number");
    }
  }
}

}  // namespace

absl::StatusOr<uid_t> FindUser(const std::string& user) {
  if (const std::optional<uint32_t> number = ParseNumber(user, 10, kHighest)) {
    return *number;
  }
  ASSIGN_OR_RETURN(const passwd entry, Look<passwd>(::getpwnam_r, user, "user"));
  return entry.pw_uid;
}

absl::StatusOr<gid_t> FindGroup(const std::string& group) {
  if (const std::optional<uint32_t> number = ParseNumber(group, 10, kHighest)) {
    return *number;
  }
  ASSIGN_OR_RETURN(const struct group entry, Look<struct group>(::getgrnam_r, group, "group"));
  return entry.gr_gid;
}

}  // namespace attestd::ctl
