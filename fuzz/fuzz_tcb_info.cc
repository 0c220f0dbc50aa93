// SPDX-License-Identifier: Apache-2.0
// Intel's collateral, the SGX extension of a PCK certificate, and what is matched of them.
// Covers: src/appraisal/tcb_collateral.cc src/appraisal/tcb_match.cc src/appraisal/pck_extension.cc
#include "appraisal/pck_extension.h"
#include "appraisal/tcb_collateral.h"
#include "appraisal/tcb_match.h"
#include "fuzz/fuzz_target.h"

namespace appraisal = attestd::appraisal;

FUZZ_TARGET(input) {
  static_cast<void>(appraisal::ParsePckExtension(input));
  const auto text = appraisal::SplitCollateral(attestd::base::AsText(input));
  if (!text.ok()) {
    return;
  }
  FUZZ_CHECK(text->signature.size() == 64 && text->body.size() < input.size());
  if (const auto info = appraisal::ParseTcbInfo(text->body); info.ok()) {
    attestd::tee::tdx::TdBody td;
    td.tee_tcb_svn.fill(input.back());
    FUZZ_CHECK(info->fmspc.size() == 6);
    static_cast<void>(appraisal::MatchPlatform(*info, &td, {}));
    static_cast<void>(appraisal::MatchModule(*info, td));
  }
  if (const auto identity = appraisal::ParseQeIdentity(text->body); identity.ok()) {
    static_cast<void>(appraisal::MatchIdentity(*identity, {}));
    static_cast<void>(appraisal::MatchIsvLevel(identity->levels, input.front()));
  }
}
