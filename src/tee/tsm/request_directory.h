// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TSM_REQUEST_DIRECTORY_H_
#define ATTESTD_TEE_TSM_REQUEST_DIRECTORY_H_

#include <string>
#include <utility>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::tee::tsm {

// "attestd-<pid>-<start time>-": what the names of this process's directories begin with. With the
// start time (proc(5), field 22 of stat) the next process of the same number is told apart.
std::string OwnPrefix();

// One request's directory below the root; removed in the end, also after an error. While it lives
// it is open and locked (flock), so that no one takes it for a leftover: a process of another PID
// namespace cannot see that we run.
class RequestDirectory {
 public:
  // Makes "<root>/<prefix><random>". Errors are those of TsmError.
  static absl::StatusOr<RequestDirectory> Create(const std::string& root,
                                                 const std::string& prefix);
  RequestDirectory(RequestDirectory&&) noexcept = default;
  RequestDirectory& operator=(RequestDirectory&&) = delete;
  RequestDirectory(const RequestDirectory&) = delete;
  RequestDirectory& operator=(const RequestDirectory&) = delete;
  ~RequestDirectory();

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  // Whether someone removed it.
  bool Vanished() const;

 private:
  RequestDirectory(base::UniqueFd root, std::string path, base::UniqueFd fd)
      : root_(std::move(root)), path_(std::move(path)), fd_(std::move(fd)) {}

  base::UniqueFd root_;
  std::string path_;
  base::UniqueFd fd_;  // invalid once moved from
};

// Removes directories whose process is gone and who are not locked; how many.
int RemoveLeftoverDirectories(const std::string& root);

}  // namespace attestd::tee::tsm

#endif  // ATTESTD_TEE_TSM_REQUEST_DIRECTORY_H_
