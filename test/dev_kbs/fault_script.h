// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_FAULT_SCRIPT_H_
#define ATTESTD_TEST_DEV_KBS_FAULT_SCRIPT_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "test/dev_kbs/faults.h"

namespace attestd::dev_kbs {

// The rules in force, each with its count of requests. Safe to call from many threads.
class FaultScript {
 public:
  // Takes new rules, which count from zero, and returns how many. InvalidArgument as ParseFaults;
  // the old ones then stay.
  absl::StatusOr<size_t> Load(std::string_view text);

  // Counts a request, or a connection, and returns the rules that it meets, in their order.
  std::vector<FaultRule> Meet(Endpoint endpoint);

 private:
  struct Counted {
    FaultRule rule;
    uint64_t count = 0;
  };

  absl::Mutex mutex_;
  std::vector<Counted> rules_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_FAULT_SCRIPT_H_
