// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_TCB_MATCH_H_
#define ATTESTD_APPRAISAL_TCB_MATCH_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "appraisal/pck_extension.h"
#include "appraisal/tcb_collateral.h"
#include "base/status.h"
#include "tee/tdx/format/quote.h"

// The comparison of security version numbers with Intel's levels (Intel SGX and TDX Provisioning
// Certification Service API, "Get TDX TCB Info", how to determine the status). Pure.
namespace attestd::appraisal {

struct TcbVerdict {
  std::string status;
  std::string date;
  std::vector<std::string> advisories;
};

// The first level that the platform reaches: its PCK's components and PCE SVN, and those of the TD
// when there is one. Nothing when it reaches none.
std::optional<TcbVerdict> MatchPlatform(const TcbInfo& info, const tee::tdx::TdBody* td,
                                        const PckExtension& pck);

// The TDX module by its major version: its signer and attributes, and the level it reaches; major
// version 0 has no levels of its own. FailedPrecondition naming what does not fit.
absl::StatusOr<TcbVerdict> MatchModule(const TcbInfo& info, const tee::tdx::TdBody& td);

// FailedPrecondition naming what of the quoting enclave's report is not as stated.
absl::Status MatchIdentity(const QeIdentity& identity, const tee::tdx::EnclaveReport& qe);

// The first level that isv_svn reaches; nothing when it reaches none.
std::optional<TcbVerdict> MatchIsvLevel(std::span<const IsvLevel> levels, uint16_t isv_svn);

// The platform's verdict, lowered by that of a part (module or quoting enclave).
TcbVerdict Combine(TcbVerdict platform, const TcbVerdict& part);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_TCB_MATCH_H_
