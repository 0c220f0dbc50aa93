// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/tdx_source.h"

#include <algorithm>

#include "base/encoding.h"
#include "tee/tdx/cc_event_log.h"
#include "tee/tdx/format/evidence.h"
#include "tee/tdx/format/quote.h"
#include "tee/tdx/format/td_report.h"

namespace attestd::tee::tdx {
namespace {

absl::Status BadQuote(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                          "the quote failed the check before sending: " + what);
}

absl::Status NoQuote() {
  return base::MakeStatus(
      absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
      "the quote is empty: the host has no quote service for this guest; its operator sets up QGS "
      "and names it in QEMU's tdx-guest object (quote-generation-socket)");
}

// What a verifier will ask of the quote, except for its signatures.
absl::StatusOr<TdBody> CheckQuote(base::ByteView bytes, base::ByteView report_data,
                                  bool allow_debug) {
  if (bytes.empty()) {
    return NoQuote();
  }
  const absl::StatusOr<Quote> quote = ParseQuote(bytes);
  if (!quote.ok()) {
    return BadQuote(std::string(quote.status().message()));
  }
  const TdBody* td = quote->td();
  if (td == nullptr || quote->header.tee_type != kTeeTypeTdx) {
    return BadQuote("expected one of a TD (type 129), found type " +
                    std::to_string(quote->header.tee_type) + " of version " +
                    std::to_string(quote->header.version));
  }
  if (!std::equal(td->report_data.begin(), td->report_data.end(), report_data.begin(),
                  report_data.end())) {
    return BadQuote("its report data is not what was asked for");
  }
  if ((td->td_attributes & kAttributeDebug) != 0 && !allow_debug) {
    return BadQuote(
        "the host may debug this guest (td_attributes, DEBUG), so that it keeps no secret; for "
        "development set [tdx] allow_debug = true");
  }
  return *td;
}

}  // namespace

absl::StatusOr<evidence::Evidence> TdxSource::Collect(const evidence::ReportData& report_data,
                                                      base::Deadline deadline) {
  const base::Bytes padded = report_data.Regularized(kReportDataSize);
  ASSIGN_OR_RETURN(base::Bytes quote, devices_.quote->GetQuote(padded, deadline));
  const absl::StatusOr<TdBody> td = CheckQuote(quote, padded, options_.allow_debug);
  if (!td.ok()) {
    return base::Annotate(td.status(), devices_.quote->name());
  }
  // After the quote, so that the log has no less than the registers.
  return evidence::Evidence{
      .json = FormatEvidence({.quote = std::move(quote),
                              .cc_eventlog = ReadEventLogs(options_.ccel, options_.event_log)})};
}

// From the kernel, else from the TDX module, else from a quote: each is the same register.
absl::StatusOr<base::Bytes> TdxSource::ReadMrConfigId(base::Deadline deadline) {
  absl::StatusOr<base::Bytes> shown = ReadMeasurement(options_.measurements_root, "mrconfigid");
  if (shown.ok()) {
    return shown;
  }
  const base::Bytes nothing(kReportDataSize);
  const absl::StatusOr<base::Bytes> report = devices_.report->GetTdReport(nothing);
  if (report.ok()) {
    const absl::StatusOr<TdReport> parsed = ParseTdReport(*report);
    if (!parsed.ok()) {
      return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                              std::string(parsed.status().message()));
    }
    return base::ToBytes(parsed->mr_config_id);
  }
  ASSIGN_OR_RETURN(const base::Bytes quote, devices_.quote->GetQuote(nothing, deadline));
  const absl::StatusOr<TdBody> td = CheckQuote(quote, nothing, options_.allow_debug);
  if (!td.ok()) {
    return base::Annotate(td.status(), devices_.quote->name());
  }
  return base::ToBytes(td->mr_config_id);
}

absl::Status TdxSource::BindInitData(base::ByteView digest, base::Deadline deadline) {
  base::Bytes expected = base::ToBytes(digest);
  expected.resize(kRegisterSize);
  const absl::StatusOr<base::Bytes> found = ReadMrConfigId(deadline);
  if (!found.ok()) {
    return base::Annotate(found.status(), "MRCONFIGID");
  }
  if (*found != expected) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kInitDataUnbound,
                            "MRCONFIGID is " + base::HexEncode(*found) +
                                ", the init data's digest " + base::HexEncode(expected) +
                                "; the host sets it when it starts the guest");
  }
  return absl::OkStatus();
}

}  // namespace attestd::tee::tdx
