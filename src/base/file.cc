// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/handle.h"

namespace attestd::base {
namespace {

struct OpenFile {
  UniqueFd fd;
  size_t size = 0;
};

constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

// With the error of opening it in errno, when `fd` is none.
absl::StatusOr<OpenFile> CheckRegular(UniqueFd fd, const std::string& path, size_t limit) {
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return ErrnoStatus(errno, path);
  }
  if (!S_ISREG(info.st_mode)) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition, path + ": not a regular file");
  }
  if (static_cast<size_t>(info.st_size) > limit) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      path + ": larger than " + std::to_string(limit) + " bytes");
  }
  return OpenFile{.fd = std::move(fd), .size = static_cast<size_t>(info.st_size)};
}

absl::StatusOr<OpenFile> OpenRegular(const std::string& path, size_t limit) {
  return CheckRegular(UniqueFd(::open(path.c_str(), kOpenFlags)), path, limit);
}

// Bytes read; fewer than asked when the file ends early.
absl::StatusOr<size_t> ReadInto(const OpenFile& file, const std::string& path,
                                std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = ::read(file.fd.get(), out.data() + done, out.size() - done);
    if (count < 0 && errno != EINTR) {
      return ErrnoStatus(errno, path);
    }
    if (count == 0) {
      break;
    }
    done += count > 0 ? static_cast<size_t>(count) : 0;
  }
  return done;
}

absl::StatusOr<Secret> ReadSecret(const OpenFile& file, const std::string& path) {
  ASSIGN_OR_RETURN(Secret secret, Secret::Allocate(file.size));
  ASSIGN_OR_RETURN(const size_t size, ReadInto(file, path, secret.writable()));
  secret.Truncate(size);
  return secret;
}

// The whole of an open file.
absl::StatusOr<std::string> ReadText(const OpenFile& file, const std::string& path, size_t limit) {
  // One byte more than there should be: files of sysfs and the like need not tell their size.
  constexpr size_t kLeast = 4096;
  std::string text;
  size_t size = 0;
  while (size == text.size() && size <= limit) {
    text.resize(std::min(limit + 1, std::max(file.size + 1, size * 2 + kLeast)));
    std::span<uint8_t> rest(reinterpret_cast<uint8_t*>(text.data()), text.size());
    ASSIGN_OR_RETURN(const size_t count, ReadInto(file, path, rest.subspan(size)));
    size += count;
  }
  if (size > limit) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      path + ": larger than " + std::to_string(limit) + " bytes");
  }
  text.resize(size);
  return text;
}

}  // namespace

absl::Status ErrnoStatus(int error, const std::string& path) {
  const absl::Status status = absl::ErrnoToStatus(error, "");
  const auto text = status.message();
  std::string_view reason(text.data(), text.size());
  reason.remove_prefix(std::min(reason.size(), reason.find_first_not_of(": ")));
  return MakeStatus(status.code(), path + ": " + std::string(reason));
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit) {
  ASSIGN_OR_RETURN(const OpenFile file, OpenRegular(path, limit));
  return ReadText(file, path, limit);
}

absl::StatusOr<std::string> ReadTrustedFile(const std::string& path, size_t limit) {
  ASSIGN_OR_RETURN(const OpenFile file, OpenRegular(path, limit));
  struct stat info {};
  if (::fstat(file.fd.get(), &info) != 0) {
    return ErrnoStatus(errno, path);
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
      (info.st_uid != 0 && info.st_uid != ::geteuid())) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition,
                      path +
                          ": others than root may write it, and it says whom to trust; chown root "
                          "and chmod go-w");
  }
  return ReadText(file, path, limit);
}

absl::StatusOr<Secret> ReadSecretFile(const std::string& path, size_t limit) {
  ASSIGN_OR_RETURN(const OpenFile file, OpenRegular(path, limit));
  return ReadSecret(file, path);
}

absl::StatusOr<Secret> ReadSecretFileBelow(const std::string& folder, std::string_view name,
                                           size_t limit) {
  const std::string prefix = folder.ends_with('/') ? folder : folder + "/";
  const std::string below(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
  const std::string path = prefix + below;
  if (below.empty() || absl::StrContains(below, '\0')) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "no name of a file below " + folder);
  }
  const UniqueFd base(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!base.valid()) {
    return ErrnoStatus(errno, folder);
  }
  // Linux 5.6; glibc 2.36 has no function for it.
  const open_how how{.flags = kOpenFlags, .mode = 0, .resolve = RESOLVE_BENEATH};
  UniqueFd fd(
      static_cast<int>(::syscall(SYS_openat2, base.get(), below.c_str(), &how, sizeof(how))));
  if (!fd.valid() && errno == EXDEV) {
    return MakeStatus(absl::StatusCode::kPermissionDenied,
                      "the file leads out of " + folder + "; put it into that folder");
  }
  ASSIGN_OR_RETURN(const OpenFile file, CheckRegular(std::move(fd), path, limit));
  return ReadSecret(file, path);
}

}  // namespace attestd::base
