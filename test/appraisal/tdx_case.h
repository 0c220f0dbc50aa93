// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_APPRAISAL_TDX_CASE_H_
#define ATTESTD_TEST_APPRAISAL_TDX_CASE_H_

#include <string>
#include <vector>

#include "appraisal/appraisal.h"
#include "test/appraisal/failed_names.h"
#include "test/fakes/tdx_signer.h"

// What the tests of TD quotes share.
namespace attestd::appraisal {

inline const fakes::TdxSigner& Signer() {
  static const fakes::TdxSigner signer = fakes::TdxSigner::Create().value();
  return signer;
}

inline const base::Bytes kDigest(48, 0x5a);

inline fakes::TdQuoteSpec GoodSpec() {
  fakes::TdQuoteSpec spec;
  spec.report_data = kDigest;
  spec.mr_td.fill(0x71);
  spec.mr_config_id.fill(0x72);
  return spec;
}

inline ReferenceValues GoodReference() { return {.roots = {Signer().root()}}; }

inline Appraisal Judge(const base::Bytes& quote, const ReferenceValues& reference) {
  return Appraise("tdx", {.raw = quote, .report_data = kDigest, .reference = reference}).value();
}

inline Appraisal Judge(const fakes::TdQuoteSpec& spec, const ReferenceValues& reference) {
  return Judge(Signer().Quote(spec).value(), reference);
}

inline bool HasCheck(const Appraisal& appraisal, const std::string& name) {
  for (const Check& check : appraisal.checks) {
    if (check.name == name) {
      return true;
    }
  }
  return false;
}

}  // namespace attestd::appraisal

#endif  // ATTESTD_TEST_APPRAISAL_TDX_CASE_H_
