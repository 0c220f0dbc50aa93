// SPDX-License-Identifier: Apache-2.0
// TD and SGX quotes: what parses lies inside the input.
// Covers: src/tee/tdx/format/quote.cc
#include "fuzz/fuzz_target.h"
#include "tee/tdx/format/quote.h"

namespace tdx = attestd::tee::tdx;

FUZZ_TARGET(input) {
  const auto quote = tdx::ParseQuote(input);
  if (!quote.ok()) {
    return;
  }
  FUZZ_CHECK(quote->signed_bytes.size() + quote->qe_report.size() + quote->qe_auth.size() +
                 quote->pck_chain.size() <
             input.size());
  FUZZ_CHECK(quote->signature.size() == 64 && quote->attestation_key.size() == 64);
  FUZZ_CHECK((quote->td() == nullptr) == (quote->header.version == 3));
}
