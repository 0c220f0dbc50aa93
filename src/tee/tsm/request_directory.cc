// SPDX-License-Identifier: Apache-2.0
#include "tee/tsm/request_directory.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "base/file.h"
#include "base/log.h"
#include "tee/tsm/attribute.h"

namespace attestd::tee::tsm {
namespace {

constexpr std::string_view kWord = "attestd";
// The kernel lets a signal cut an rmdir short.
constexpr int kRemoveTries = 5;

// Field 22 of /proc/PID/stat; "" where it cannot be read. The name in field 2 may have blanks and
// brackets, so that counting begins behind the last bracket, with field 3.
std::string StartTime(const std::string& pid) {
  constexpr size_t kFieldsBehindName = 19;
  const base::UniqueFd fd(::open(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text{};
  const ssize_t size = fd.valid() ? ::read(fd.get(), text.data(), text.size()) : -1;
  if (size <= 0) {
    return "";
  }
  const std::string_view line(text.data(), static_cast<size_t>(size));
  const size_t name_end = line.rfind(") ");
  if (name_end == std::string_view::npos) {
    return "";
  }
  const std::string rest(line.substr(name_end + 2));
  const std::vector<std::string> fields = absl::StrSplit(rest, ' ');
  return fields.size() > kFieldsBehindName ? fields[kFieldsBehindName] : "";
}

// Who made a directory, by its name.
struct Owner {
  std::string pid;
  std::string start_time;
};

std::optional<Owner> ParseName(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, '-');
  if (parts.size() != 4 || parts[0] != kWord) {
    return std::nullopt;
  }
  pid_t pid = 0;
  if (!absl::SimpleAtoi(parts[1], &pid) || pid <= 0) {
    return std::nullopt;
  }
  return Owner{.pid = std::to_string(pid), .start_time = parts[2]};
}

// When in doubt it runs.
bool Runs(const Owner& owner) {
  pid_t pid = 0;
  if (!absl::SimpleAtoi(owner.pid, &pid) || (::kill(pid, 0) != 0 && errno == ESRCH)) {
    return false;
  }
  const std::string start_time = StartTime(owner.pid);
  return start_time.empty() || owner.start_time.empty() || start_time == owner.start_time;
}

// Zero, or errno. Someone else having removed it is as good.
int Remove(int root, const std::string& name) {
  for (int i = 0; i < kRemoveTries; ++i) {
    if (::unlinkat(root, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) {
      return 0;
    }
    if (errno != EINTR && errno != EAGAIN) {
      break;
    }
  }
  return errno;
}

bool RemoveLeftover(const std::string& path) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return false;
  }
  const int error = Remove(AT_FDCWD, path);
  if (error != 0) {
    base::Log(base::Severity::kWarning, "a leftover report directory cannot be removed",
              {{"path", path}, {"cause", base::StatusText(base::ErrnoStatus(error, path))}});
  }
  return error == 0;
}

}  // namespace

std::string OwnPrefix() {
  return std::string(kWord) + "-" + std::to_string(::getpid()) + "-" + StartTime("self") + "-";
}

absl::StatusOr<RequestDirectory> RequestDirectory::Create(const std::string& root,
                                                          const std::string& prefix) {
  std::array<uint8_t, 8> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return base::ErrnoStatus(errno, "getrandom");
  }
  const std::string name = prefix + base::HexEncode(random);
  std::string path = root + "/" + name;
  base::UniqueFd root_fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root_fd.valid()) {
    return TsmError(errno, "opening " + root);
  }
  if (::mkdirat(root_fd.get(), name.c_str(), 0700) != 0) {
    return TsmError(errno, "mkdir " + path);
  }
  base::UniqueFd fd(::openat(root_fd.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int error = errno;
  if (!fd.valid()) {
    Remove(root_fd.get(), name);
    // Gone again: taken for a leftover before it could be locked.
    return TsmError(error == ENOENT ? ESTALE : error, "opening " + path);
  }
  // Best effort: the name protects it too.
  static_cast<void>(::flock(fd.get(), LOCK_EX | LOCK_NB));
  return RequestDirectory(std::move(root_fd), std::move(path), std::move(fd));
}

RequestDirectory::~RequestDirectory() {
  if (!fd_.valid()) {
    return;
  }
  fd_.reset();
  const int error = Remove(root_.get(), path_.substr(path_.rfind('/') + 1));
  if (error != 0) {
    base::Log(base::Severity::kWarning, "a report directory cannot be removed",
              {{"path", path_}, {"cause", base::StatusText(base::ErrnoStatus(error, path_))}});
  }
}

bool RequestDirectory::Vanished() const {
  struct stat info {};
  return ::stat(path_.c_str(), &info) != 0 && errno == ENOENT;
}

int RemoveLeftoverDirectories(const std::string& root) {
  const base::Handle<DIR, ::closedir> directory(::opendir(root.c_str()));
  std::vector<std::string> names;
  while (directory != nullptr) {
    // Of a stream of our own. NOLINTNEXTLINE(concurrency-mt-unsafe)
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) {
      break;
    }
    names.emplace_back(entry->d_name);
  }
  int removed = 0;
  for (const std::string& name : names) {
    const std::optional<Owner> owner = ParseName(name);
    if (owner.has_value() && !Runs(*owner)) {
      removed += RemoveLeftover(std::string(root).append("/").append(name)) ? 1 : 0;
    }
  }
  return removed;
}

}  // namespace attestd::tee::tsm
