// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_FAULTY_KBS_H_
#define ATTESTD_TEST_DEV_KBS_FAULTY_KBS_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "test/dev_kbs/fault_script.h"
#include "test/dev_kbs/kbs_service.h"
#include "test/dev_kbs/wire_answer.h"

namespace attestd::dev_kbs {

// The broker as a script of faults has it: every request is answered honestly first, so that the
// session goes on, and the answer is then spoilt. Safe to call from many threads; both arguments
// outlive it.
class FaultyKbs {
 public:
  // Given a line without its end: "METHOD /path STATUS", then each rule that the request met in
  // brackets, those that do not fit the answer with the reason.
  using LineSink = std::function<void(const std::string& line)>;

  FaultyKbs(KbsService& kbs, FaultScript& script, LineSink sink);

  WireAnswer Answer(const KbsRequest& request);
  // Of a connection that was just accepted: nothing, or what to do instead of serving it. A delay
  // alone keeps it.
  std::optional<WireAnswer> Accept();

 private:
  struct Spoilt {
    WireAnswer answer;
    std::string used;
  };
  Spoilt Spoil(Endpoint endpoint, KbsAnswer answer);
  absl::StatusOr<KbsAnswer> WithFault(const Fault& fault, Endpoint endpoint, KbsAnswer answer);
  // The first honest answer of the endpoint; the one given, if it is that.
  std::string Remember(Endpoint endpoint, const std::string& body);

  KbsService& kbs_;
  FaultScript& script_;
  const LineSink sink_;
  absl::Mutex mutex_;
  std::map<Endpoint, std::string> first_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_FAULTY_KBS_H_
