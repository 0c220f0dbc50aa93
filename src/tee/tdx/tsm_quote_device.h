// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_TSM_QUOTE_DEVICE_H_
#define ATTESTD_TEE_TDX_TSM_QUOTE_DEVICE_H_

#include <memory>
#include <string>

#include "tee/tdx/quote_device.h"

namespace attestd::tee::tdx {

// The provider's word in configfs-tsm.
inline constexpr char kTsmProvider[] = "tdx_guest";

// Quotes through the kernel's configfs-tsm below `root`.
std::unique_ptr<QuoteDevice> CreateTsmQuoteDevice(const std::string& root);

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_TSM_QUOTE_DEVICE_H_
