// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_AZURE_VTPM_FORMAT_EVIDENCE_H_
#define ATTESTD_TEE_AZURE_VTPM_FORMAT_EVIDENCE_H_

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "tee/azure_vtpm/format/hcl_report.h"
#include "tee/tpm2/format/quote.h"

namespace attestd::tee::azure_vtpm {

// Versions 2 and 1, E being "vcek" (az-snp-vtpm) or "td_quote" (az-tdx-vtpm), base64url padded:
//   {"version": 2, "tpm_quote": {"signature": hex, "message": hex, "pcrs": [24 x hex]},
//    "hcl_report": base64url, E: base64url}
// In version 2 the HCL report's user-data carries the report data too. Version 0 has no "version"
// and bytes as arrays of numbers: {"quote", "report", "vcek": PEM} (az-snp-vtpm) or
// {"tpm_quote", "hcl_report", "td_quote"} (az-tdx-vtpm).
struct AzureEvidence {
  int version = 2;
  base::Bytes signature;  // the bare RSASSA value
  base::Bytes message;    // TPMS_ATTEST
  tpm2::PcrValues pcrs;
  base::Bytes hcl_report;   // the image of NV 0x01400001
  base::Bytes endorsement;  // DER of the VCEK, empty when there is none; or the TD quote
};

// InvalidArgument for another version, or when the VCEK of version 0 is no certificate.
absl::StatusOr<std::string> FormatEvidence(Kind kind, const AzureEvidence& evidence);
// InvalidArgument naming the member that is missing or malformed. Members beside these are
// ignored. Where the VCEK is followed by its chain, it alone is taken.
absl::StatusOr<AzureEvidence> ParseEvidence(Kind kind, std::string_view json);

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEE_AZURE_VTPM_FORMAT_EVIDENCE_H_
