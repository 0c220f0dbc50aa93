// SPDX-License-Identifier: Apache-2.0
// Intel's collateral, the SGX extension of a PCK certificate, and what is matched of them.
// Covers: src/appraisal/tcb_collateral.cc src/appraisal/tcb_match.cc src/appraisal/pck_extension.cc
#include <algorithm>

#include "appraisal/pck_extension.h"
#include "appraisal/tcb_collateral.h"
#include "appraisal/tcb_match.h"
#include "fuzz/fuzz_target.h"

namespace appraisal = attestd::appraisal;
namespace tdx = attestd::tee::tdx;

namespace {

// A TD whose module has this major version, on a platform of this level in everything.
void Match(const appraisal::TcbInfo& info, uint8_t major, uint8_t level) {
  tdx::TdBody td;
  td.tee_tcb_svn.fill(level);
  td.tee_tcb_svn[1] = major;
  appraisal::PckExtension pck;
  pck.tcb_components.fill(level);
  pck.pce_svn = level;
  const auto platform = appraisal::MatchPlatform(info, &td, pck);
  const auto module = appraisal::MatchModule(info, td);
  if (platform.has_value() && module.ok()) {
    const appraisal::TcbVerdict both = appraisal::Combine(*platform, *module);
    FUZZ_CHECK(both.advisories.size() == platform->advisories.size() + module->advisories.size());
    FUZZ_CHECK(module->status != "Revoked" || both.status == "Revoked");
  }
  (void)appraisal::MatchPlatform(info, nullptr, pck);
}

// An enclave made to match, unless the identity contradicts itself.
void Match(const appraisal::QeIdentity& identity) {
  tdx::EnclaveReport qe;
  (void)appraisal::MatchIdentity(identity, qe);
  FUZZ_CHECK(identity.mr_signer.size() == qe.mr_signer.size());
  std::copy(identity.mr_signer.begin(), identity.mr_signer.end(), qe.mr_signer.begin());
  (void)appraisal::MatchIdentity(identity, qe);
  qe.isv_prod_id = identity.isv_prod_id;
  FUZZ_CHECK(identity.attributes.size() == qe.attributes.size());
  std::copy(identity.attributes.begin(), identity.attributes.end(), qe.attributes.begin());
  (void)appraisal::MatchIdentity(identity, qe);
  for (const uint16_t svn : {uint16_t{0}, uint16_t{4}, uint16_t{0xffff}}) {
    (void)appraisal::MatchIsvLevel(identity.levels, svn);
  }
}

}  // namespace

FUZZ_TARGET(input) {
  static_cast<void>(appraisal::ParsePckExtension(input));
  const auto text = appraisal::SplitCollateral(attestd::base::AsText(input));
  if (!text.ok()) {
    return;
  }
  FUZZ_CHECK(text->signature.size() == 64 && text->body.size() < input.size());
  if (const auto info = appraisal::ParseTcbInfo(text->body); info.ok()) {
    FUZZ_CHECK(info->fmspc.size() == 6);
    for (const uint8_t major : {uint8_t{0}, uint8_t{1}, uint8_t{3}}) {
      for (const uint8_t level : {uint8_t{0}, uint8_t{3}, uint8_t{0xff}}) {
        Match(*info, major, level);
      }
    }
  }
  if (const auto identity = appraisal::ParseQeIdentity(text->body); identity.ok()) {
    Match(*identity);
  }
}
