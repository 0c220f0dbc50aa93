// SPDX-License-Identifier: Apache-2.0
// TDREPORT, and messages of the quote generation service.
// Covers: src/tee/tdx/format/td_report.cc src/tee/tdx/format/qgs_message.cc
#include "fuzz/fuzz_target.h"
#include "tee/tdx/format/qgs_message.h"
#include "tee/tdx/format/td_report.h"

namespace tdx = attestd::tee::tdx;

FUZZ_TARGET(input) {
  if (const auto report = tdx::ParseTdReport(input); report.ok()) {
    FUZZ_CHECK(input.size() == tdx::kTdReportSize);
    FUZZ_CHECK(tdx::FormatQgsQuoteRequest(input).size() > input.size());
  }
  if (const auto quote = tdx::ParseQgsQuoteResponse(input); quote.ok()) {
    FUZZ_CHECK(quote->size() < input.size());
  }
  if (const auto length = tdx::ParseQgsLength(input); length.ok()) {
    FUZZ_CHECK(*length <= tdx::kMaxQgsMessage);
  }
}
