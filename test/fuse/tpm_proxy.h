// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_TPM_PROXY_H_
#define ATTESTD_TEST_FUSE_TPM_PROXY_H_

#include <cstdint>
#include <memory>

#include "test/fuse/fault_plan.h"
#include "test/fuse/paravisor.h"
#include "test/fuse/virtual_file.h"

namespace attestd::fake_tee {

struct TpmProxyOptions {
  uint16_t port = 0;  // of swtpm's command channel on loopback
  // Sees every command; null for a plain TPM.
  std::unique_ptr<Paravisor> paravisor;
};

// /dev/tpmrm0 over swtpm: a write is a command, the reads behind it are its answer. There is no
// resource manager in it: transient objects and sessions outlive the file. One command at a time.
std::unique_ptr<Subtree> MakeTpmProxy(TpmProxyOptions options, FaultPlan& faults);

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_TPM_PROXY_H_
