// SPDX-License-Identifier: Apache-2.0
#include "tee/tsm/attribute.h"

#include <absl/strings/ascii.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/handle.h"

namespace attestd::tee::tsm {
namespace {

// A report with its certificates fits; a TD quote too.
constexpr size_t kFirstRead = size_t{16} << 10;
constexpr size_t kMaxText = 256;

struct Meaning {
  int error;
  bool transient;
  base::Reason reason;
  std::string_view advice;
};

using base::Reason;

constexpr std::string_view kNoInterface =
    "the kernel must be 6.7 or later with CONFIG_TSM_REPORTS, and configfs mounted (mount -t "
    "configfs configfs /sys/kernel/config)";
constexpr std::string_view kNoProvider =
    "no provider is registered; load the guest's module (sev-guest, tdx-guest or arm-cca-guest) "
    "and look at dmesg for why it does not bind";
constexpr std::string_view kNoPermission =
    "only root may make reports, and the path must be writable for this process (systemd: "
    "ReadWritePaths=, no ProtectKernelTunables=)";

// What the kernel and its providers mean by them (drivers/virt/coco).
constexpr std::array kMeanings = {
    Meaning{EBUSY, true, Reason::kBusy, "the device is busy with another report"},
    Meaning{EAGAIN, true, Reason::kBusy, "the device is busy with another report"},
    Meaning{EINTR, true, Reason::kBusy, "the request was interrupted"},
    Meaning{EEXIST, true, Reason::kBusy, "the name is taken"},
    Meaning{ESTALE, true, Reason::kBusy, "the directory was removed meanwhile"},
    Meaning{ENOMEM, true, Reason::kBusy, "the kernel is short of memory"},
    Meaning{ETIMEDOUT, true, Reason::kBusy,
            "the host's quote service did not answer; ask the operator of the host whether it "
            "runs (TDX: qgsd, and quote-generation-service of QEMU)"},
    Meaning{ENOENT, false, Reason::kDeviceMissing, kNoInterface},
    Meaning{ENOTDIR, false, Reason::kDeviceMissing, kNoInterface},
    Meaning{ENXIO, false, Reason::kDeviceMissing, kNoProvider},
    Meaning{EACCES, false, Reason::kDeviceMissing, kNoPermission},
    Meaning{EPERM, false, Reason::kDeviceMissing, kNoPermission},
    Meaning{EROFS, false, Reason::kDeviceMissing, kNoPermission},
    Meaning{EFBIG, false, Reason::kDeviceFailed,
            "larger than the interface takes: 64 bytes of report data, or a report over the "
            "process's file size limit (LimitFSIZE=)"},
    Meaning{ENOSPC, false, Reason::kDeviceFailed,
            "the host's certificates need more room than the provider has"},
    Meaning{EINVAL, false, Reason::kDeviceFailed,
            "the provider refuses the request: report data of a wrong size, or a privilege level "
            "below privlevel_floor or above 3"},
    Meaning{EIO, false, Reason::kDeviceFailed,
            "the firmware or the host failed the request; dmesg of the guest has its code"},
    Meaning{ENOTTY, false, Reason::kDeviceFailed,
            "the guest's channel to the firmware is disabled after an earlier error (SNP: VMPCK); "
            "only a restart of the VM brings it back"},
};

std::string AttributePath(const RequestDirectory& directory, const std::string& name) {
  return directory.path() + "/" + name;
}

absl::StatusOr<base::UniqueFd> OpenAttribute(const RequestDirectory& directory,
                                             const std::string& name, int flags) {
  base::UniqueFd fd(::openat(directory.fd(), name.c_str(), flags | O_CLOEXEC));
  if (fd.valid()) {
    return fd;
  }
  const int error = errno;
  const std::string path = AttributePath(directory, name);
  if (error != ENOENT) {
    return TsmError(error, "opening " + path);
  }
  if (directory.Vanished()) {
    return TsmError(ESTALE, "opening " + path);
  }
  return base::MakeStatus(absl::StatusCode::kNotFound, Reason::kDeviceFailed,
                          "opening " + path + ": the provider has no such attribute");
}

// For errno. An open attribute says ENOENT when its directory has been removed.
absl::Status ReadError(const RequestDirectory& directory, const std::string& name) {
  const int error = errno == ENOENT ? ESTALE : errno;
  return TsmError(error, "reading " + AttributePath(directory, name));
}

}  // namespace

absl::Status TsmError(int error, const std::string& step) {
  const auto* meaning = std::find_if(kMeanings.begin(), kMeanings.end(),
                                     [error](const Meaning& m) { return m.error == error; });
  const absl::Status cause = base::ErrnoStatus(error, step);
  std::string text(cause.message());
  if (meaning == kMeanings.end()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, Reason::kDeviceFailed, text);
  }
  text.append("; ").append(meaning->advice);
  return base::MakeStatus(
      meaning->transient ? absl::StatusCode::kUnavailable : absl::StatusCode::kFailedPrecondition,
      meaning->reason, text);
}

bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) && base::GetReason(status) == Reason::kBusy;
}

absl::Status WriteAttribute(const RequestDirectory& directory, const std::string& name,
                            base::ByteView value) {
  ASSIGN_OR_RETURN(base::UniqueFd fd, OpenAttribute(directory, name, O_WRONLY));
  const ssize_t written = ::write(fd.get(), value.data(), value.size());
  const int write_error = written < 0 ? errno : 0;
  const int close_error = ::close(fd.release()) == 0 ? 0 : errno;
  const std::string path = AttributePath(directory, name);
  if (write_error != 0) {
    return TsmError(write_error, "writing " + std::to_string(value.size()) + " bytes to " + path);
  }
  if (std::cmp_not_equal(written, value.size())) {
    return TsmError(EINTR, "writing " + path + ": only " + std::to_string(written) + " of " +
                               std::to_string(value.size()) + " bytes");
  }
  return close_error == 0 ? absl::OkStatus() : TsmError(close_error, "closing " + path);
}

absl::StatusOr<std::string> ReadText(const RequestDirectory& directory, const std::string& name) {
  ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenAttribute(directory, name, O_RDONLY));
  std::string text(kMaxText, '\0');
  const ssize_t count = ::read(fd.get(), text.data(), text.size());
  if (count < 0) {
    return ReadError(directory, name);
  }
  text.resize(static_cast<size_t>(count));
  return std::string(absl::StripTrailingAsciiWhitespace(text));
}

absl::StatusOr<base::Bytes> ReadAttribute(const RequestDirectory& directory,
                                          const std::string& name, size_t limit) {
  ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenAttribute(directory, name, O_RDONLY));
  base::Bytes bytes(std::min(kFirstRead, limit + 1));
  size_t size = 0;
  while (true) {
    const ssize_t count = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0) {
      return ReadError(directory, name);
    }
    if (count == 0) {
      break;
    }
    size += static_cast<size_t>(count);
    if (size > limit) {
      return base::MakeStatus(absl::StatusCode::kFailedPrecondition, Reason::kDeviceFailed,
                              "reading " + AttributePath(directory, name) + ": more than " +
                                  std::to_string(limit) + " bytes");
    }
    if (size == bytes.size()) {
      bytes.resize(std::min(size * 2, limit + 1));
    }
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace attestd::tee::tsm
