// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_FAKE_TEE_MOUNT_H_
#define ATTESTD_TEST_FUSE_FAKE_TEE_MOUNT_H_

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "test/support/process.h"
#include "test/support/temp_dir.h"

namespace attestd::fake_tee {

// attestd-fake-tee-fs, mounted at a folder of its own for as long as this object lives.
class FakeTeeMount {
 public:
  // Why it cannot be mounted here ("/dev/fuse ..."), or "".
  static std::string WhyNot();
  // Further words of its command line in `options`.
  static absl::StatusOr<FakeTeeMount> Start(const std::string& provider,
                                            std::vector<std::string> options = {});

  std::string File(const std::string& name) const { return folder_->File("mount/" + name); }
  std::string report_root() const { return File("tsm/report"); }
  // Commands of FaultPlan.
  absl::Status Control(const std::string& commands) const;
  // How often an operation of FaultPlan was asked for.
  int Count(const std::string& where) const;
  // Names of the report directories there are.
  std::vector<std::string> Reports() const;

 private:
  FakeTeeMount(std::unique_ptr<test::TempDir> folder, test::Process process)
      : folder_(std::move(folder)), process_(std::move(process)) {}

  // In this order: the folder is removed when nothing is mounted in it any more.
  std::unique_ptr<test::TempDir> folder_;
  struct Unmount {
    explicit Unmount(test::Process started) : process(std::move(started)) {}
    Unmount(Unmount&&) = default;
    Unmount& operator=(Unmount&&) = default;
    ~Unmount();
    test::Process process;
  };
  Unmount process_;
};

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_FAKE_TEE_MOUNT_H_
