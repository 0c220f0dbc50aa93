// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_SUPPORT_PARKED_CALLS_H_
#define ATTESTD_TEST_SUPPORT_PARKED_CALLS_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>

#include "base/method.h"

namespace attestd::test {

// Calls of a stand-in method that go on until a test ends them or their caller is stopped. It
// outlives the server that makes them.
class ParkedCalls {
 public:
  ParkedCalls();
  ~ParkedCalls();
  ParkedCalls(const ParkedCalls&) = delete;
  ParkedCalls& operator=(const ParkedCalls&) = delete;

  // A stopped one ends with the reason of its stop.
  void Park(const std::string& name, const base::CallContext& caller, base::Done done);
  // Ends the call of this name, once there is one, on this thread.
  void Release(const std::string& name, const absl::StatusOr<base::Reply>& reply);
  // Waits until there are so many.
  void Await(size_t count);

 private:
  struct Call;
  void End(const std::string& name, const absl::StatusOr<base::Reply>& reply);

  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::test

#endif  // ATTESTD_TEST_SUPPORT_PARKED_CALLS_H_
