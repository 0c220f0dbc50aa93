// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_GUARDED_H_
#define ATTESTD_BASE_GUARDED_H_

#include <exception>
#include <new>

#include "base/status.h"

namespace attestd::base {

// What `work` returns, an absl::Status or StatusOr: ResourceExhausted (kBusy) when it runs out of
// memory, Internal when a library throws something else. For threads and callbacks that no
// exception may leave.
template <typename Work>
auto Guarded(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, Reason::kBusy, "out of memory");
  } catch (const std::exception&) {
    return absl::InternalError("a library threw");
  }
}

}  // namespace attestd::base

#endif  // ATTESTD_BASE_GUARDED_H_
