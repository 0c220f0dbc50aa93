// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_PLAIN_FILES_H_
#define ATTESTD_TEST_FUSE_PLAIN_FILES_H_

#include <memory>

#include "base/bytes.h"
#include "test/fuse/fault_plan.h"
#include "test/fuse/virtual_file.h"

namespace attestd::fake_tee {

// The control file: a write of whole lines is applied to the plan, or fails with EINVAL; reading
// gives the counts.
std::unique_ptr<Subtree> MakeControlFile(FaultPlan& faults);

// The control of test/vm's module, for its probes: a folder with fault_errno and fault_count, both
// numbers; writing the count makes that many of the next reports fail with the errno.
std::unique_ptr<Subtree> MakeFaultFolder(FaultPlan& faults);

// A read-only file with this content: the CCEL event log.
std::unique_ptr<Subtree> MakeConstantFile(base::Bytes content);

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_PLAIN_FILES_H_
