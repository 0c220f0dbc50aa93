// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_QGS_QUOTE_DEVICE_H_
#define ATTESTD_TEE_TDX_QGS_QUOTE_DEVICE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "tee/tdx/quote_device.h"
#include "tee/tdx/tdreport_device.h"

namespace attestd::tee::tdx {

// Where a quote generation service listens.
struct VsockAddress {
  uint32_t cid = 0;
  uint32_t port = 0;
};
using QgsAddress = std::variant<VsockAddress, std::string>;  // or the path of a unix socket

// "vsock:CID:PORT" or "unix:/path". InvalidArgument otherwise.
absl::StatusOr<QgsAddress> ParseQgsAddress(std::string_view text);

// Quotes by Intel's quote generation service, which signs a TDREPORT that it is sent; `report` is
// borrowed. A connection of its own for each quote.
std::unique_ptr<QuoteDevice> CreateQgsQuoteDevice(QgsAddress address, std::string name,
                                                  TdReportDevice& report);

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_QGS_QUOTE_DEVICE_H_
