// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_CHECKS_H_
#define ATTESTD_APPRAISAL_CHECKS_H_

#include <absl/time/time.h>

#include <span>
#include <string>

#include "appraisal/appraisal.h"
#include "base/bytes.h"
#include "base/certificate.h"

// Inside the library only: checks that several platforms make.
namespace attestd::appraisal {

// "name" passes when the two texts are the same.
Check CompareTexts(std::string name, std::string expected, std::string found);

// "name" passes when the expected bytes, padded with zeros to the size of the field that was found,
// are its bytes. CompareCut cuts longer ones first, which is Trustee's rule for init data.
Check ComparePadded(std::string name, base::ByteView expected, base::ByteView found);
Check CompareCut(std::string name, base::ByteView expected, base::ByteView found);

// "name" passes when each certificate is valid at that time; not when there is none.
Check CheckDates(std::string name, std::span<const base::Certificate> certificates, absl::Time at);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_CHECKS_H_
