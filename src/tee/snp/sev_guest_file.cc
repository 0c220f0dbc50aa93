// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/sev_guest_file.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "base/file.h"
#include "base/handle.h"

namespace attestd::tee::snp {
namespace {

class PosixSevGuestFile : public SevGuestFile {
 public:
  explicit PosixSevGuestFile(std::string path) : path_(std::move(path)) {}

  absl::Status Open() override {
    if (fd_.valid()) {
      return absl::OkStatus();
    }
    fd_.reset(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (fd_.valid()) {
      return absl::OkStatus();
    }
    const absl::Status cause = base::ErrnoStatus(errno, path_);
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
        "cannot open " + std::string(cause.message()) +
            "; load the sev-guest driver, let attestd read and write the device, or name it with "
            "[snp] device");
  }

  int Call(unsigned long command, SnpGuestRequest& request) override {
    return ::ioctl(fd_.get(), command, &request) < 0 ? errno : 0;
  }

 private:
  const std::string path_;
  base::UniqueFd fd_;
};

}  // namespace

std::unique_ptr<SevGuestFile> CreateSevGuestFile(const std::string& path) {
  return std::make_unique<PosixSevGuestFile>(path);
}

}  // namespace attestd::tee::snp
