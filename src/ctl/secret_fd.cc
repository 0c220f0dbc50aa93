// SPDX-License-Identifier: Apache-2.0
#include "ctl/secret_fd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/file.h"
#include "ctl/output_file.h"

namespace attestd::ctl {
namespace {

// MFD_NOEXEC_SEAL of Linux 6.3, which the headers of Debian 12 do not have.
constexpr unsigned int kNoExecSeal = 8U;

base::UniqueFd MakeMemoryFile() {
  constexpr unsigned int kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  base::UniqueFd file(::memfd_create("attestctl", kFlags | kNoExecSeal));
  if (!file.valid() && errno == EINVAL) {
    file.reset(::memfd_create("attestctl", kFlags));
  }
  return file;
}

}  // namespace

absl::StatusOr<base::UniqueFd> ReserveFd(int number) {
  base::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null.valid()) {
    return base::ErrnoStatus(errno, "/dev/null");
  }
  if (null.get() == number) {
    return null;
  }
  // The lowest that is free from `number` on.
  base::UniqueFd reserved(::fcntl(null.get(), F_DUPFD_CLOEXEC, number));
  if (reserved.get() != number) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "--fd " + std::to_string(number) + ": is in use already");
  }
  return reserved;
}

absl::Status FillFd(const base::UniqueFd& reserved, base::ByteView bytes) {
  const base::UniqueFd file = MakeMemoryFile();
  if (!file.valid()) {
    return base::ErrnoStatus(errno, "memfd_create");
  }
  RETURN_IF_ERROR(WriteAll(file.get(), bytes));
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (::lseek(file.get(), 0, SEEK_SET) != 0 || ::fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) {
    return base::ErrnoStatus(errno, "seal");
  }
  if (::dup2(file.get(), reserved.get()) != reserved.get()) {
    return base::ErrnoStatus(errno, "dup2");
  }
  return absl::OkStatus();
}

}  // namespace attestd::ctl
