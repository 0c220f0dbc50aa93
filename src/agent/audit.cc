// SPDX-License-Identifier: Apache-2.0
#include "agent/audit.h"

#include <absl/time/clock.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

// In the place of what there is not.
constexpr char kNone[] = "-";

std::string OrNone(const std::string& text) { return text.empty() ? kNone : text; }

std::string Number(const std::optional<base::Peer>& peer, int64_t value) {
  return peer.has_value() ? std::to_string(value) : kNone;
}

std::string_view Outcome(const absl::Status& status) {
  const bool denied = absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status) ||
                      absl::IsResourceExhausted(status);
  return status.ok() ? "allowed" : denied ? "denied" : "failed";
}

// "GetResource" of "/api.GetResourceService/GetResource".
std::string ShortName(std::string_view method) {
  return std::string(method.substr(method.rfind('/') + 1));
}

std::string Line(const AuditEntry& entry, uint64_t left_out) {
  const base::Caller& caller = entry.caller;
  const base::Peer peer = caller.peer.value_or(base::Peer());
  return base::FormatLogLine(
      base::Severity::kNotice, "audit",
      {{"outcome", std::string(Outcome(entry.status))},
       {"principal", caller.principal.empty() ? "attestd" : caller.principal},
       {"uid", Number(caller.peer, peer.uid)},
       {"gid", Number(caller.peer, peer.gid)},
       {"pid", Number(caller.peer, peer.pid)},
       {"container", OrNone(caller.container)},
       {"method", OrNone(ShortName(caller.method))},
       {"resource", OrNone(entry.resource)},
       {"broker", OrNone(entry.broker)},
       {"evidence", OrNone(entry.evidence)},
       {"code", absl::StatusCodeToString(entry.status.code())},
       {"request", OrNone(caller.request)},
       {"left_out", std::to_string(left_out)}});
}

absl::StatusOr<base::UniqueFd> OpenLog(const std::string& path) {
  base::UniqueFd file(::open(
      path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0) {
    return base::ErrnoStatus(errno, "[audit] file: " + path);
  }
  if (!S_ISREG(info.st_mode)) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                            "[audit] file: " + path + ": is no regular file");
  }
  return file;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Audit>> Audit::Open(const AuditConfig& config) {
  base::UniqueFd file;
  if (config.enabled && !config.file.empty()) {
    ASSIGN_OR_RETURN(file, OpenLog(config.file));
  }
  return std::unique_ptr<Audit>(new Audit(config.enabled, std::move(file)));
}

Audit::Audit(bool enabled, base::UniqueFd file) : enabled_(enabled), file_(std::move(file)) {}

void Audit::Write(const AuditEntry& entry) {
  if (!enabled_) {
    return;
  }
  if (const std::optional<uint64_t> left_out = Pass(entry)) {
    WriteLine(Line(entry, *left_out));
  }
}

std::optional<uint64_t> Audit::Pass(const AuditEntry& entry) {
  if (entry.status.ok()) {
    return 0;
  }
  const absl::MutexLock lock(&mutex_);
  return refused_[entry.caller.principal].Pass();
}

void Audit::WriteLine(const std::string& line) {
  if (!file_.valid()) {
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    return;
  }
  // The journal knows the time; a file does not.
  const std::string dated = (torn_.exchange(false) ? "\n" : "") +
                            absl::FormatTime(absl::RFC3339_full, absl::Now(), absl::UTCTimeZone()) +
                            " " + line.substr(line.find('>') + 1);
  const ssize_t written = ::write(file_.get(), dated.data(), dated.size());
  if (written == static_cast<ssize_t>(dated.size())) {
    return;
  }
  const int error = written < 0 ? errno : ENOSPC;
  torn_ = torn_ || written > 0 || dated.starts_with('\n');
  if (complaints_.Pass().has_value()) {
    base::Log(base::Severity::kError, "the audit log cannot be written; requests are served on",
              {{"errno", std::to_string(error)}});
  }
}

}  // namespace attestd::agent
