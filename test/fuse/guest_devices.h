// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_GUEST_DEVICES_H_
#define ATTESTD_TEST_FUSE_GUEST_DEVICES_H_

#include <memory>

#include "test/fuse/fault_plan.h"
#include "test/fuse/provider.h"
#include "test/fuse/virtual_file.h"

namespace attestd::fake_tee {

// A device node: one file in the root of the mount, mode 0600.
class DeviceNode : public Subtree {
 public:
  // The faults outlive it.
  explicit DeviceNode(FaultPlan& faults) : faults_(faults) {}

  mode_t Mode(Path path) final;
  OpenResult Open(Path path, int flags) final;

 private:
  virtual OpenResult OpenDevice() = 0;

  FaultPlan& faults_;
};

// /dev/sev-guest as kernel 6.12 does it (drivers/virt/coco/sev-guest, uapi/linux/sev-guest.h):
// SNP_GET_REPORT and SNP_GET_EXT_REPORT. The provider must be sev_guest's.
std::unique_ptr<Subtree> MakeSevGuest(Provider& provider, FaultPlan& faults);

// /dev/tdx_guest: TDX_CMD_GET_REPORT0 (uapi/linux/tdx-guest.h). The provider must be tdx_guest's.
std::unique_ptr<Subtree> MakeTdxGuest(Provider& provider, FaultPlan& faults);

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_GUEST_DEVICES_H_
