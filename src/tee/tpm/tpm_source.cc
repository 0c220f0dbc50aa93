// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm/tpm_source.h"

#include <utility>

namespace attestd::tee::tpm {
namespace {

// Check has no deadline of its own; creating the key may take a slow TPM many seconds.
constexpr absl::Duration kCheckTime = absl::Seconds(60);

}  // namespace

absl::Status TpmSource::Check() {
  const base::Deadline deadline = base::Deadline::After(kCheckTime);
  return tpm_.WithFreshConnection([&] { return tpm_.ReloadAk(deadline).status(); });
}

absl::StatusOr<evidence::Evidence> TpmSource::Collect(const evidence::ReportData& report_data,
                                                      base::Deadline deadline) {
  const base::Bytes extra_data = report_data.Regularized(kExtraDataSize);
  return tpm_.WithFreshConnection([&] { return CollectOnce(extra_data, deadline); });
}

absl::StatusOr<evidence::Evidence> TpmSource::CollectOnce(base::ByteView extra_data,
                                                          base::Deadline deadline) {
  ASSIGN_OR_RETURN(tpm2::CheckedQuote checked, tpm_.Quote(extra_data, deadline));
  ASSIGN_OR_RETURN(base::Bytes ak_public, tpm_.Ak(deadline));
  return evidence::Evidence{
      .json = FormatEvidence(TpmEvidence{.ak_public = std::move(ak_public),
                                         .signature = std::move(checked.quote.signature),
                                         .message = std::move(checked.quote.message),
                                         .pcrs = std::move(checked.pcrs)})};
}

absl::Status TpmSource::BindInitData(base::ByteView digest, base::Deadline deadline) {
  return tpm2::BindInitDataPcr(tpm_, digest, deadline);
}

}  // namespace attestd::tee::tpm
