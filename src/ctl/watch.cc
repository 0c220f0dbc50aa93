// SPDX-License-Identifier: Apache-2.0
#include "ctl/watch.h"

#include <absl/time/clock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/fingerprint.h"
#include "ctl/exit_code.h"
#include "ctl/get_resource.h"
#include "ctl/notify.h"
#include "ctl/retry.h"

namespace attestd::ctl {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(1);
constexpr absl::Duration kLongestPause = absl::Minutes(5);

// Nothing is left to tell when standard error is gone.
void Tell(std::string_view text) { WriteAll(STDERR_FILENO, base::AsBytes(text)).IgnoreError(); }

// Whether the file there is one that we could have written.
bool Fits(const FileSpec& spec) {
  struct stat info {};
  if (::lstat(spec.path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) ||
      (info.st_mode & 07777U) != spec.mode) {
    return false;
  }
  const Owner owner = spec.owner.value_or(Owner{.uid = ::geteuid()});
  const Owner any;
  return (owner.uid == any.uid || owner.uid == info.st_uid) &&
         (owner.gid == any.gid || owner.gid == info.st_gid);
}

class Watcher {
 public:
  Watcher(const Options& options, const std::vector<Target>& targets, StopSignals& stop,
          base::Fingerprinter fingerprinter)
      : options_(options),
        targets_(targets),
        stop_(stop),
        fingerprinter_(std::move(fingerprinter)) {}

  // So that a restart rewrites nothing that is right.
  void LearnFromDisk() {
    for (const Target& target : targets_) {
      const absl::StatusOr<base::Secret> old =
          Fits(target.file) ? base::ReadSecretFile(target.file.path, kMaxRendered)
                            : base::MakeStatus(absl::StatusCode::kNotFound, "");
      absl::StatusOr<base::Bytes> print =
          old.ok() ? fingerprinter_.Of(old->view()) : absl::StatusOr<base::Bytes>(old.status());
      if (print.ok()) {
        seen_[target.file.path] = *std::move(print);
      }
    }
    // Programs that start behind this one read what is new; others hold what was there.
    replaced_ = !seen_.empty();
  }

  // One look. What was written and not told yet is told, also when nothing changed since.
  absl::Status Look() {
    ASSIGN_OR_RETURN(const FetchedSecrets fetched,
                     FetchAll(options_, SecretsOf(targets_), absl::ZeroDuration()));
    ASSIGN_OR_RETURN(const Contents contents, Contents::Make(targets_, fetched));
    std::map<std::string, base::Bytes> prints;
    std::vector<FileContent> changed;
    for (const FileContent& file : contents.files()) {
      ASSIGN_OR_RETURN(base::Bytes print, fingerprinter_.Of(file.bytes));
      const auto seen = seen_.find(file.spec.path);
      if (seen == seen_.end() || seen->second != print) {
        changed.push_back(file);
        prints[file.spec.path] = std::move(print);
      }
    }
    if (!changed.empty()) {
      RETURN_IF_ERROR(Write(changed));
      prints.merge(seen_);
      seen_ = std::move(prints);
    }
    return absl::OkStatus();
  }

  absl::Status TellOthers() {
    if (untold_) {
      RETURN_IF_ERROR(Notify(options_.resource.notify, options_.timeout, stop_));
      untold_ = false;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Write(const std::vector<FileContent>& files) {
    RETURN_IF_ERROR(LocalFailure(stop_.Undisturbed(
        [&] { return WriteFilesTogether(files, [this] { return stop_.requested(); }); })));
    Tell("attestctl: watch: files written: " + std::to_string(files.size()) + "\n");
    untold_ = untold_ || replaced_;
    replaced_ = true;
    return absl::OkStatus();
  }

  const Options& options_;
  const std::vector<Target>& targets_;
  StopSignals& stop_;
  const base::Fingerprinter fingerprinter_;
  std::map<std::string, base::Bytes> seen_;  // path -> fingerprint of what the file holds
  bool replaced_ = false;                    // what is written next replaces what others may hold
  bool untold_ = false;
};

}  // namespace

absl::Status Watch(const Options& options, const std::vector<Target>& targets, StopSignals& stop) {
  ASSIGN_OR_RETURN(base::Fingerprinter fingerprinter, base::Fingerprinter::Create());
  Watcher watcher(options, targets, stop, std::move(fingerprinter));
  watcher.LearnFromDisk();
  const absl::Duration interval = options.resource.watch;
  Pauses pauses(std::min(kFirstPause, interval), std::min(kLongestPause, interval));
  for (bool written = false;;) {
    absl::Status status = watcher.Look();
    if (!written && !status.ok() && !MayPass(status)) {
      return status;
    }
    written = written || status.ok();
    if (status.ok()) {
      status = watcher.TellOthers();
    }
    if (status.ok()) {
      pauses.Reset();
      absl::SleepFor(About(interval));
    } else {
      Tell(ErrorLine(base::Annotate(status, "watch")));
      absl::SleepFor(pauses.Next());
    }
  }
}

}  // namespace attestd::ctl
