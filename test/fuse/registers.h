// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_REGISTERS_H_
#define ATTESTD_TEST_FUSE_REGISTERS_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "test/fuse/virtual_file.h"

namespace attestd::fake_tee {

using Register = std::array<uint8_t, 48>;

// The measurement registers of a TDX guest as sysfs shows them from kernel 6.16 on
// (/sys/devices/virtual/misc/tdx_guest/measurements): 48 raw bytes each; writing 48 bytes to rtmr2
// or rtmr3 extends it.
class Registers : public Subtree {
 public:
  explicit Registers(const Register& mr_config_id) : mr_config_id_(mr_config_id) {}

  std::array<Register, 4> rtmrs() const;
  const Register& mr_config_id() const { return mr_config_id_; }
  Register mr_td() const { return Register{0xd7}; }

  mode_t Mode(Path path) override;
  OpenResult Open(Path path, int flags) override;
  std::vector<std::string> List(Path path) override;

 private:
  class File;
  std::optional<Register> Value(const std::string& name) const;
  int Extend(const std::string& name, base::ByteView digest);

  const Register mr_config_id_;
  mutable absl::Mutex mutex_;
  std::array<Register, 4> rtmrs_ ABSL_GUARDED_BY(mutex_) = {};
};

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_REGISTERS_H_
