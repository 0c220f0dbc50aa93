// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/format/td_report.h"

#include <algorithm>

#include "base/byte_reader.h"

namespace attestd::tee::tdx {
namespace {

// Offsets of TDREPORT_STRUCT: REPORTMACSTRUCT of 256 bytes, TEE_TCB_INFO, TDINFO_STRUCT at 512.
constexpr uint8_t kTypeTdx = 0x81;
constexpr size_t kReportDataAt = 128;
constexpr size_t kTdInfoAt = 512;

template <size_t Size>
absl::Status Fill(base::ByteReader& reader, std::array<uint8_t, Size>& field) {
  ASSIGN_OR_RETURN(const base::ByteView bytes, reader.ReadBytes(Size));
  std::copy(bytes.begin(), bytes.end(), field.begin());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TdReport> ParseTdReport(base::ByteView bytes) {
  if (bytes.size() != kTdReportSize) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "TDREPORT: expected 1024 bytes, found " + std::to_string(bytes.size()));
  }
  if (bytes.front() != kTypeTdx) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "TDREPORT: expected type 129 (0x81), found " + std::to_string(bytes.front()));
  }
  TdReport report;
  base::ByteReader mac_struct(bytes.subspan(kReportDataAt));
  RETURN_IF_ERROR(Fill(mac_struct, report.report_data));
  base::ByteReader td_info(bytes.subspan(kTdInfoAt));
  ASSIGN_OR_RETURN(report.attributes, td_info.ReadU64Le());
  RETURN_IF_ERROR(td_info.ReadU64Le().status());  // XFAM
  RETURN_IF_ERROR(Fill(td_info, report.mr_td));
  RETURN_IF_ERROR(Fill(td_info, report.mr_config_id));
  constexpr size_t kOwnerFields = 96;  // MROWNER, MROWNERCONFIG
  RETURN_IF_ERROR(td_info.ReadBytes(kOwnerFields).status());
  for (std::array<uint8_t, 48>& rtmr : report.rtmrs) {
    RETURN_IF_ERROR(Fill(td_info, rtmr));
  }
  return report;
}

}  // namespace attestd::tee::tdx
