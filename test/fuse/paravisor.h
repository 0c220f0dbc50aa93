// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_PARAVISOR_H_
#define ATTESTD_TEST_FUSE_PARAVISOR_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <optional>
#include <string>

#include "base/bytes.h"
#include "test/fuse/fault_plan.h"
#include "test/fuse/provider.h"

namespace attestd::fake_tee {

// The HCL of an Azure VM in front of its vTPM: shows the HCL report in NV 0x01400001, which swtpm
// could not hold, and makes it anew with the user-data that was written to NV 0x01400002.
// Faults, each COUNT times: "paravisor late N COUNT" serves the report before the last, "paravisor
// corrupt OFFSET COUNT" inverts the byte at an offset of it. With "paravisor foreign N COUNT"
// another process is faster: before the report is read, it writes user-data of its own.
class Paravisor {
 public:
  // `runtime_data` is the JSON text that names the vTPM's keys, with "user-data" of 128 digits.
  // Both references outlive it.
  Paravisor(std::string runtime_data, Provider& provider, FaultPlan& faults);

  // The errno that a command fails with before anybody looks at it, or zero.
  int Fault(base::ByteView command);
  // What another process asks of the TPM before this command.
  std::optional<base::Bytes> Intrusion(base::ByteView command);
  // The answer to a command that is not for the TPM.
  std::optional<base::Bytes> Answer(base::ByteView command);
  // A command that the TPM answered.
  void Observe(base::ByteView command, base::ByteView answer);

 private:
  base::Bytes MakeImage(const std::string& runtime_data);
  void Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Provider& provider_;
  FaultPlan& faults_;
  absl::Mutex mutex_;
  std::string runtime_data_ ABSL_GUARDED_BY(mutex_);
  size_t user_data_size_ ABSL_GUARDED_BY(mutex_) = 0;  // of the last write
  base::Bytes current_ ABSL_GUARDED_BY(mutex_);
  base::Bytes previous_ ABSL_GUARDED_BY(mutex_);
  // What is being read: from one TPM2_NV_ReadPublic to the next.
  base::Bytes shown_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_PARAVISOR_H_
