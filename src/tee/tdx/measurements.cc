// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/measurements.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/handle.h"

namespace attestd::tee::tdx {
namespace {

constexpr uint64_t kFirstRuntimePcr = 16;
constexpr uint64_t kLastPcr = 23;

// Index of the CC measurement register.
uint32_t CcRegister(uint64_t pcr) {
  if (pcr == 1 || pcr == 7) {
    return 1;
  }
  if (pcr >= 2 && pcr <= 6) {
    return 2;
  }
  return pcr >= 8 && pcr <= 15 ? 3 : 4;
}

std::string RtmrName(uint64_t pcr) { return absl::StrCat("rtmr", CcRegister(pcr) - 1, ":sha384"); }

absl::Status NotUsable(const absl::Status& cause) {
  const bool missing = absl::IsNotFound(cause);
  return base::MakeStatus(
      absl::StatusCode::kFailedPrecondition,
      missing ? base::Reason::kDeviceMissing : base::Reason::kDeviceFailed,
      std::string(cause.message()) +
          (missing ? "; Linux shows the registers of a TDX guest since 6.16 (tdx-guest)" : ""));
}

absl::Status Expired() {
  return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
                          "the deadline passed before the register was touched");
}

}  // namespace

absl::StatusOr<base::Bytes> ReadMeasurement(const std::string& root, const std::string& name) {
  const std::string path = root + "/" + name;
  // sysfs reports a page for each file.
  constexpr size_t kPage = 4096;
  const absl::StatusOr<std::string> text = base::ReadFile(path, kPage);
  if (!text.ok()) {
    return NotUsable(text.status());
  }
  if (text->size() != kRegisterSize) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
        absl::StrCat(path.c_str(), ": expected 48 bytes, found ", text->size()));
  }
  return base::ToBytes(base::AsBytes(*text));
}

absl::StatusOr<uint32_t> RtmrRegisters::EventLogIndex(uint64_t pcr) const {
  if (pcr < kFirstRuntimePcr || pcr > kLastPcr) {
    return base::MakeStatus(absl::StatusCode::kPermissionDenied, base::Reason::kRegisterForbidden,
                            absl::StrCat("PCR ", pcr,
                                         " is not for run-time events; PCR 16 to 23 are, which "
                                         "this platform keeps in RTMR 3"));
  }
  return CcRegister(pcr);
}

absl::StatusOr<base::Bytes> RtmrRegisters::Read(uint64_t pcr, base::Deadline deadline) {
  if (deadline.Expired()) {
    return Expired();
  }
  if (pcr > kLastPcr) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            absl::StrCat("PCR ", pcr, ": there are PCR 0 to 23"));
  }
  return ReadMeasurement(root_, RtmrName(pcr));
}

absl::Status RtmrRegisters::Extend(uint64_t pcr, base::ByteView digest, base::Deadline deadline) {
  RETURN_IF_ERROR(EventLogIndex(pcr).status());
  if (digest.size() != kRegisterSize) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        absl::StrCat("an RTMR is extended by 48 bytes (SHA-384), not ", digest.size()));
  }
  if (deadline.Expired()) {
    return Expired();
  }
  const std::string path = root_ + "/" + RtmrName(pcr);
  const base::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) {
    return NotUsable(base::ErrnoStatus(errno, path));
  }
  // One write is one extend: it is never tried again here.
  const ssize_t written = ::write(file.get(), digest.data(), digest.size());
  if (written < 0) {
    return NotUsable(base::ErrnoStatus(errno, path + ": write"));
  }
  if (static_cast<size_t>(written) != digest.size()) {
    return NotUsable(
        absl::InternalError(absl::StrCat(path.c_str(), ": wrote ", written, " of 48 bytes")));
  }
  return absl::OkStatus();
}

}  // namespace attestd::tee::tdx
