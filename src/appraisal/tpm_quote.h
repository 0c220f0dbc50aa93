// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_TPM_QUOTE_H_
#define ATTESTD_APPRAISAL_TPM_QUOTE_H_

#include <optional>
#include <string>

#include "appraisal/appraisal.h"
#include "base/public_key.h"
#include "tee/tpm2/format/quote.h"

// Inside the library only: checks of a TPM's quote and of its PCR values, which "tpm" and the Azure
// platforms share.
namespace attestd::appraisal {

// A quote as it came with evidence; all is borrowed.
struct TpmQuote {
  // In front of the names of the checks "signature" and "format": "quote.".
  std::string prefix;
  const absl::StatusOr<base::PublicKey>& key;    // or why there is none
  base::ByteView message;                        // TPMS_ATTEST
  const absl::StatusOr<base::Bytes>& signature;  // the bare RSA signature
  const tee::tpm2::PcrValues& pcrs;
  // What the extra data must be; nothing: not judged.
  std::optional<base::Bytes> extra_data;
};

// Adds the checks "ak.size", "<prefix>signature", "<prefix>format", "pcr.selection", "pcr.digest"
// and "report_data", and the claim "report_data".
void CheckTpmQuote(const TpmQuote& quote, Appraisal& appraisal);

// Adds the checks "pcr.N" of the reference values, "init_data" (PCR 8) and "event_log.pcrN" for
// each PCR that the question's event log extends, or "event_log" when it cannot be read.
void CheckPcrValues(const tee::tpm2::PcrValues& pcrs, const Question& question,
                    Appraisal& appraisal);

// {"pcr00": hex, ... "pcr23": hex}.
base::Json PcrClaims(const tee::tpm2::PcrValues& pcrs);
// PCR 8, where the digest of the init data was bound, as hex.
std::string InitDataClaim(const tee::tpm2::PcrValues& pcrs);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_TPM_QUOTE_H_
