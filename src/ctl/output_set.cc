// SPDX-License-Identifier: Apache-2.0
#include "ctl/output_set.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/handle.h"
#include "ctl/parents.h"

namespace attestd::ctl {
namespace {

bool IsTemporaryName(std::string_view name) {
  constexpr size_t kDigits = 16;
  return name.starts_with(kTemporaryPrefix) && name.size() == kTemporaryPrefix.size() + kDigits &&
         name.find_first_not_of("0123456789abcdef", kTemporaryPrefix.size()) ==
             std::string_view::npos;
}

void RemoveLeftovers(int directory) {
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const base::Handle<DIR, ::closedir> entries(copy < 0 ? nullptr : ::fdopendir(copy));
  while (const dirent* entry = entries == nullptr ? nullptr : ::readdir(entries.get())) {
    if (IsTemporaryName(std::begin(entry->d_name))) {
      ::unlinkat(directory, std::begin(entry->d_name), 0);
    }
  }
}

// Says to other runs that temporary names in the folders are in use, as long as it lives. Those
// that nobody says so of are removed first. A folder that cannot be locked is left as it is.
class FoldersInUse {
 public:
  explicit FoldersInUse(const std::set<std::string>& folders) {
    for (const std::string& folder : folders) {
      base::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
        RemoveLeftovers(fd.get());
      }
      if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) {
        locked_.push_back(std::move(fd));
      }
    }
  }

 private:
  std::vector<base::UniqueFd> locked_;
};

absl::Status Named(const absl::Status& status, const FileContent& file) {
  return base::Annotate(status, "write " + file.spec.path);
}

// The file with its content, on disk and without its name.
absl::StatusOr<PendingFile> Prepare(const FileContent& file) {
  ASSIGN_OR_RETURN(PendingFile pending, PendingFile::Create(file.spec));
  RETURN_IF_ERROR(pending.Write(file.bytes));
  RETURN_IF_ERROR(pending.Settle());
  return pending;
}

absl::StatusOr<std::vector<PendingFile>> PrepareAll(const std::vector<FileContent>& files) {
  std::vector<PendingFile> prepared;
  for (const FileContent& file : files) {
    absl::StatusOr<PendingFile> pending = Prepare(file);
    RETURN_IF_ERROR(Named(pending.status(), file));
    if (std::any_of(prepared.begin(), prepared.end(),
                    [&pending](const PendingFile& one) { return one.SameTarget(*pending); })) {
      return Named(
          base::MakeStatus(absl::StatusCode::kInvalidArgument, "another entry names this file too"),
          file);
    }
    prepared.push_back(*std::move(pending));
  }
  return prepared;
}

absl::StatusOr<std::set<std::string>> MakeFolders(const std::vector<FileContent>& files,
                                                  MadeParents& parents) {
  std::set<std::string> folders;
  for (const FileContent& file : files) {
    const std::string folder = SplitPath(file.spec.path).folder;
    if (file.spec.make_parents) {
      RETURN_IF_ERROR(Named(parents.Make(folder), file));
    }
    folders.insert(folder);
  }
  return folders;
}

}  // namespace

absl::Status WriteFilesTogether(const std::vector<FileContent>& files,
                                const std::function<bool()>& stopped) {
  MadeParents parents;
  ASSIGN_OR_RETURN(const std::set<std::string> folders, MakeFolders(files, parents));
  const FoldersInUse in_use(folders);
  ASSIGN_OR_RETURN(std::vector<PendingFile> prepared, PrepareAll(files));
  if (stopped()) {
    return base::MakeStatus(absl::StatusCode::kAborted, "stopped by a signal; nothing was changed");
  }
  for (size_t i = 0; i < files.size(); ++i) {
    // What the last one replaces is never needed again.
    RETURN_IF_ERROR(Named(prepared[i].Publish(i + 1 < files.size()), files[i]));
  }
  parents.Keep();
  absl::Status kept;
  for (size_t i = 0; i < files.size(); ++i) {
    kept.Update(Named(prepared[i].Keep(), files[i]));
  }
  return kept;
}

}  // namespace attestd::ctl
