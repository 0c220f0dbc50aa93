// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_AWAIT_H_
#define ATTESTD_BASE_AWAIT_H_

#include <absl/time/time.h>

#include <algorithm>
#include <future>
#include <memory>
#include <stop_token>
#include <utility>

#include "base/call_context.h"

namespace attestd::base {

// Blocks until `start(context, done)` has called `done` with a T, on whatever thread. At the
// caller's deadline it asks for the end by the context's stop, and waits for the answer that comes
// then: whoever is asked answers always.
template <typename T, typename Start>
T Await(const CallContext& caller, Start start) {
  // A day: no wait of ours is longer, and infinity is no number for the library. By the monotonic
  // clock.
  constexpr absl::Duration kLongest = absl::Hours(24);
  // Shared: whoever gives the answer may still be busy with it when it has been taken.
  const auto promise = std::make_shared<std::promise<T>>();
  std::future<T> answer = promise->get_future();
  std::stop_source stop;
  const std::stop_callback on_stop(caller.stop, [&stop] { stop.request_stop(); });
  start(CallContext{.deadline = caller.deadline, .stop = stop.get_token(), .caller = caller.caller},
        [promise](T value) { promise->set_value(std::move(value)); });
  const absl::Duration left = std::min(caller.deadline.Remaining(), kLongest);
  if (answer.wait_for(absl::ToChronoNanoseconds(left)) != std::future_status::ready) {
    stop.request_stop();
  }
  return answer.get();
}

}  // namespace attestd::base

#endif  // ATTESTD_BASE_AWAIT_H_
