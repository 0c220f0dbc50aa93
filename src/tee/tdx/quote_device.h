// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_QUOTE_DEVICE_H_
#define ATTESTD_TEE_TDX_QUOTE_DEVICE_H_

#include <string>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"

namespace attestd::tee::tdx {

// The seam at what makes quotes of this guest. Calls come one at a time. Errors name the device,
// the step and the cause: FailedPrecondition, Unavailable (try again), DeadlineExceeded.
class QuoteDevice {
 public:
  QuoteDevice() = default;
  QuoteDevice(const QuoteDevice&) = delete;
  QuoteDevice& operator=(const QuoteDevice&) = delete;
  virtual ~QuoteDevice() = default;

  // For messages: "configfs-tsm", "quote generation service vsock:2:4050".
  virtual std::string name() const = 0;
  // Whether the device is there; asks for no quote.
  virtual absl::Status Check() = 0;
  // A quote over 64 bytes of report data; its contents are the caller's to check.
  virtual absl::StatusOr<base::Bytes> GetQuote(base::ByteView report_data,
                                               base::Deadline deadline) = 0;
};

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_QUOTE_DEVICE_H_
