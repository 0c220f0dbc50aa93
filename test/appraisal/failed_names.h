// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_APPRAISAL_FAILED_NAMES_H_
#define ATTESTD_TEST_APPRAISAL_FAILED_NAMES_H_

#include <string>
#include <vector>

#include "appraisal/appraisal.h"

namespace attestd::appraisal {

// Names of the checks that failed, in their order.
inline std::vector<std::string> FailedNames(const Appraisal& appraisal) {
  std::vector<std::string> names;
  for (const Check& check : appraisal.checks) {
    if (!check.passed) {
      names.push_back(check.name);
    }
  }
  return names;
}

}  // namespace attestd::appraisal

#endif  // ATTESTD_TEST_APPRAISAL_FAILED_NAMES_H_
