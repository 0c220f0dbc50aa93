// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BENCH_RAW_QUOTE_H_
#define ATTESTD_BENCH_RAW_QUOTE_H_

#include <memory>
#include <string>

#include "base/status.h"
#include "tee/tpm/attestation_key.h"
#include "tee/tpm2/esys_context.h"

namespace attestd::bench {

// The TPM's own time: TPM2_Quote as attestd asks for it, and nothing else.
class RawQuote {
 public:
  static absl::StatusOr<RawQuote> Open(const std::string& tcti);

  absl::Status Take();

 private:
  RawQuote(tee::tpm2::EsysContext context, tee::tpm::AttestationKey ak)
      : context_(std::move(context)), ak_(std::move(ak)) {}

  tee::tpm2::EsysContext context_;  // outlives ak_
  tee::tpm::AttestationKey ak_;
};

}  // namespace attestd::bench

#endif  // ATTESTD_BENCH_RAW_QUOTE_H_
