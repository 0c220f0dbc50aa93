// SPDX-License-Identifier: Apache-2.0
#include "tee/tsm/tsm_report.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/log.h"
#include "tee/tsm/attribute.h"
#include "tee/tsm/request_directory.h"

namespace attestd::tee::tsm {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(1);
constexpr absl::Duration kLongestPause = absl::Milliseconds(100);
// However much time the caller has: the kernel's own patience with a silent host is 30 s (TDX) and
// 60 s (SNP), so that this covers one more try.
constexpr absl::Duration kPatience = absl::Seconds(90);

// NotFound says that an attribute is missing which this request cannot do without.
absl::Status Required(absl::Status status) {
  if (!absl::IsNotFound(status)) {
    return status;
  }
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                          std::string(status.message()));
}

absl::Status CheckProvider(const RequestDirectory& directory, const std::string& wanted) {
  const absl::StatusOr<std::string> found = ReadText(directory, "provider");
  if (!found.ok()) {
    return Required(found.status());
  }
  if (*found != wanted) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
                            directory.path() + "/provider: expected \"" + wanted + "\", found \"" +
                                *found + "\"; choose the backend of this platform ([tee] backend)");
  }
  return absl::OkStatus();
}

absl::Status WritePrivlevel(const RequestDirectory& directory, unsigned privlevel) {
  const std::string text = std::to_string(privlevel);
  absl::Status status = WriteAttribute(directory, "privlevel", base::AsBytes(text));
  if (status.ok() || IsTransient(status)) {
    return status;
  }
  const absl::StatusOr<std::string> floor = ReadText(directory, "privlevel_floor");
  return base::Annotate(
      Required(status),
      absl::StrCat("privilege level ", privlevel, " (floor: ", floor.value_or("unknown"), ")"));
}

// Each write of ours moved the generation, which began at 0, by one; a write by anyone else shows.
absl::Status CheckGeneration(const RequestDirectory& directory, uint64_t writes) {
  const absl::StatusOr<std::string> text = ReadText(directory, "generation");
  if (!text.ok()) {
    return Required(text.status());
  }
  uint64_t generation = 0;
  if (absl::SimpleAtoi(*text, &generation) && generation == writes) {
    return absl::OkStatus();
  }
  return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kBusy,
                          directory.path() + "/generation: expected " + std::to_string(writes) +
                              ", found \"" + *text + "\"; someone else wrote to this directory");
}

// The host gives the auxblob; a bad one costs the certificates and not the report.
absl::StatusOr<base::Bytes> ReadAuxblob(const RequestDirectory& directory, size_t limit) {
  if (limit == 0) {
    return base::Bytes();
  }
  absl::StatusOr<base::Bytes> auxblob = ReadAttribute(directory, "auxblob", limit);
  if (auxblob.ok() || IsTransient(auxblob.status())) {
    return auxblob;
  }
  if (!absl::IsNotFound(auxblob.status())) {
    base::Log(base::Severity::kWarning, "the host's certificates are dropped",
              {{"cause", base::StatusText(auxblob.status())}});
  }
  return base::Bytes();
}

absl::StatusOr<base::Bytes> ReadOutblob(const RequestDirectory& directory, size_t limit) {
  absl::StatusOr<base::Bytes> outblob = ReadAttribute(directory, "outblob", limit);
  if (!outblob.ok()) {
    return Required(outblob.status());
  }
  if (outblob->empty()) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
        "reading " + directory.path() +
            "/outblob: empty; the host has no quote service for this VM (TDX: start QEMU with "
            "quote-generation-socket and run qgsd)");
  }
  return outblob;
}

}  // namespace

TsmReporter::TsmReporter(std::string root, std::string provider)
    : root_(std::move(root)), provider_(std::move(provider)), prefix_(OwnPrefix()) {}

absl::Status TsmReporter::Check() const {
  const absl::StatusOr<RequestDirectory> directory = RequestDirectory::Create(root_, prefix_);
  RETURN_IF_ERROR(directory.status());
  return CheckProvider(*directory, provider_);
}

absl::StatusOr<TsmReport> TsmReporter::GetOnce(const TsmRequest& request) const {
  ASSIGN_OR_RETURN(const RequestDirectory directory, RequestDirectory::Create(root_, prefix_));
  RETURN_IF_ERROR(CheckProvider(directory, provider_));
  uint64_t writes = 0;
  if (request.privlevel.has_value()) {
    RETURN_IF_ERROR(WritePrivlevel(directory, *request.privlevel));
    ++writes;
  }
  RETURN_IF_ERROR(Required(WriteAttribute(directory, "inblob", request.inblob)));
  ++writes;
  TsmReport report;
  ASSIGN_OR_RETURN(report.outblob, ReadOutblob(directory, request.max_outblob));
  ASSIGN_OR_RETURN(report.auxblob, ReadAuxblob(directory, request.max_auxblob));
  RETURN_IF_ERROR(CheckGeneration(directory, writes));
  return report;
}

absl::StatusOr<TsmReport> TsmReporter::Get(const TsmRequest& request,
                                           base::Deadline deadline) const {
  const base::Deadline end = base::Deadline::Earlier(deadline, base::Deadline::After(kPatience));
  absl::Status last = base::MakeStatus(absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
                                       "no time left for a report from " + root_);
  absl::Duration pause = kFirstPause;
  while (!end.Expired()) {
    absl::StatusOr<TsmReport> report = GetOnce(request);
    if (report.ok() || !IsTransient(report.status())) {
      return report;
    }
    last = report.status();
    absl::SleepFor(std::min(pause, end.Remaining()));
    pause = std::min(pause * 2, kLongestPause);
  }
  if (!deadline.Expired() || !IsTransient(last)) {
    return last;
  }
  return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
                          "no time left to try again: " + std::string(last.message()));
}

int TsmReporter::RemoveLeftovers() const { return RemoveLeftoverDirectories(root_); }

}  // namespace attestd::tee::tsm
