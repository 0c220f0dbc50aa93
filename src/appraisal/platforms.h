// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_PLATFORMS_H_
#define ATTESTD_APPRAISAL_PLATFORMS_H_

#include "appraisal/appraisal.h"

// Inside the library only: one function for each platform, named once in appraisal.cc.
namespace attestd::appraisal {

absl::StatusOr<Appraisal> AppraiseTpm(const Question& question);
absl::StatusOr<Appraisal> AppraiseSnp(const Question& question);
absl::StatusOr<Appraisal> AppraiseTdx(const Question& question);
absl::StatusOr<Appraisal> AppraiseSgx(const Question& question);
absl::StatusOr<Appraisal> AppraiseAzSnpVtpm(const Question& question);
absl::StatusOr<Appraisal> AppraiseAzTdxVtpm(const Question& question);
absl::StatusOr<Appraisal> AppraiseCca(const Question& question);
// Also for "sampledevice".
absl::StatusOr<Appraisal> AppraiseSample(const Question& question);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_PLATFORMS_H_
