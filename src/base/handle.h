// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HANDLE_H_
#define ATTESTD_BASE_HANDLE_H_

#include <unistd.h>

#include <memory>
#include <utility>

namespace attestd::base {

template <auto Free>
struct HandleDeleter {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

// Owns one C handle: Handle<EVP_PKEY, EVP_PKEY_free>.
template <typename T, auto Free>
using Handle = std::unique_ptr<T, HandleDeleter<Free>>;

// Owns one file descriptor; -1 when empty.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset(std::exchange(other.fd_, -1));
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HANDLE_H_
