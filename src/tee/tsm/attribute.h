// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TSM_ATTRIBUTE_H_
#define ATTESTD_TEE_TSM_ATTRIBUTE_H_

#include <cstddef>
#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "tee/tsm/request_directory.h"

namespace attestd::tee::tsm {

// The status for an errno of the interface: "step: cause; what to do". Unavailable with
// Reason::kBusy for what may pass with the next try; else FailedPrecondition with
// Reason::kDeviceMissing (no interface, no provider, no permission) or Reason::kDeviceFailed.
absl::Status TsmError(int error, const std::string& step);
// Whether the next try may do better.
bool IsTransient(const absl::Status& status);

// Writes the whole value at once and closes: binary attributes are taken over at close.
absl::Status WriteAttribute(const RequestDirectory& directory, const std::string& name,
                            base::ByteView value);
// The whole attribute, from a descriptor of its own: an open one goes on serving its old report.
// FailedPrecondition with Reason::kDeviceFailed over `limit` bytes; NotFound when the provider does
// not have the attribute. The size that stat tells is no help: it is 0 or 4096.
absl::StatusOr<base::Bytes> ReadAttribute(const RequestDirectory& directory,
                                          const std::string& name, size_t limit);

// A text attribute without its end of line. One read: the kernel gives such an attribute whole.
absl::StatusOr<std::string> ReadText(const RequestDirectory& directory, const std::string& name);

}  // namespace attestd::tee::tsm

#endif  // ATTESTD_TEE_TSM_ATTRIBUTE_H_
