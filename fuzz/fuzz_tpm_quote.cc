// SPDX-License-Identifier: Apache-2.0
// TPMS_ATTEST and TPMT_SIGNATURE, and digests over values of PCRs.
// Covers: src/tee/tpm2/format/quote.cc
#include "fuzz/fuzz_target.h"
#include "tee/tpm2/format/quote.h"

namespace tpm = attestd::tee::tpm2;

FUZZ_TARGET(input) {
  if (const auto quote = tpm::ParseQuote(input); quote.ok()) {
    FUZZ_CHECK(quote->extra_data.size() + quote->pcr_digest.size() <= input.size());
    (void)tpm::SelectsAllSha256Pcrs(*quote);
  }
  if (const auto signature = tpm::ParseRsassaSha256(input); signature.ok()) {
    FUZZ_CHECK(signature->size() < input.size());
  }
  tpm::PcrValues pcrs;
  pcrs.fill(attestd::base::ToBytes(input));
  FUZZ_CHECK(tpm::PcrDigest(pcrs).ok() == (input.size() == tpm::kSha256Size));
  FUZZ_CHECK(tpm::InitDataPcrValue(input).ok() == (input.size() == tpm::kSha256Size));
}
