// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_APPRAISE_H_
#define ATTESTD_CTL_APPRAISE_H_

#include <string>

#include "appraisal/appraisal.h"
#include "base/status.h"
#include "ctl/appraise_options.h"

namespace attestd::ctl {

// Reads the files and judges the evidence; talks to no daemon and to no network. InvalidArgument,
// "--option: what is wrong", for input that is missing, too large or cannot be read.
absl::StatusOr<appraisal::Appraisal> Appraise(const AppraiseOptions& options);

// For people: each check with what was expected and found, the claims, and the verdict. What is
// not printable ASCII, which evidence may carry, is escaped.
std::string AppraisalText(const appraisal::Appraisal& appraisal);

// {"verdict": "pass"|"fail", "checks": [{"name", "result", "expected", "found"}], "claims": {...}}
// on one line.
std::string AppraisalJson(const appraisal::Appraisal& appraisal);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_APPRAISE_H_
