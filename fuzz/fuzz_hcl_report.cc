// SPDX-License-Identifier: Apache-2.0
// HCL report of an Azure vTPM, and the runtime data inside it.
// Covers: src/tee/azure_vtpm/format/hcl_report.cc
#include "fuzz/fuzz_target.h"
#include "tee/azure_vtpm/format/hcl_report.h"

namespace azure = attestd::tee::azure_vtpm;

FUZZ_TARGET(input) {
  // The runtime data alone too: the fuzzer need not get the sizes around it right.
  (void)azure::ParseRuntimeClaims(input);
  const auto report = azure::ParseHclReport(input);
  if (!report.ok()) {
    return;
  }
  FUZZ_CHECK(report->hardware_report.size() + report->runtime_data.size() < input.size());
  FUZZ_CHECK(azure::HardwareReportData(*report)->size() == 64);
  FUZZ_CHECK(azure::RuntimeDataDigest(*report)->size() == 32);
  const auto identity = azure::GetSnpIdentity(*report);
  FUZZ_CHECK(identity.ok() == (report->kind == azure::Kind::kSnp));
  const auto claims = azure::ParseRuntimeClaims(report->runtime_data);
  FUZZ_CHECK(!claims.ok() || claims->ak.ToSpkiDer().ok());
}
