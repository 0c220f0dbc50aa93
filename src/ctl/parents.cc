// SPDX-License-Identifier: Apache-2.0
#include "ctl/parents.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace attestd::ctl {

MadeParents::~MadeParents() {
  for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) {
    ::rmdir(folder->c_str());
  }
}

absl::Status MadeParents::Make(const std::string& folder) {
  for (size_t end = 0; end != std::string::npos;) {
    end = folder.find('/', end + 1);
    const std::string part = folder.substr(0, end);
    if (::mkdir(part.c_str(), 0755) == 0) {
      made_.push_back(part);
    } else if (errno != EEXIST) {
      return base::ErrnoStatus(errno, "make the directory " + part);
    }
  }
  return absl::OkStatus();
}

}  // namespace attestd::ctl
