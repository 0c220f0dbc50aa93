// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_FORMAT_TD_REPORT_H_
#define ATTESTD_TEE_TDX_FORMAT_TD_REPORT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::tee::tdx {

constexpr size_t kTdReportSize = 1024;

// What attestd uses of TDREPORT_STRUCT (Intel TDX module ABI, "TDREPORT_STRUCT").
struct TdReport {
  std::array<uint8_t, 64> report_data{};
  uint64_t attributes = 0;
  std::array<uint8_t, 48> mr_td{};
  std::array<uint8_t, 48> mr_config_id{};
  std::array<std::array<uint8_t, 48>, 4> rtmrs{};
};

// Exactly 1024 bytes of type 0x81. InvalidArgument otherwise.
absl::StatusOr<TdReport> ParseTdReport(base::ByteView bytes);

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_FORMAT_TD_REPORT_H_
