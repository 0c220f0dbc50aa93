// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_SGX_EXTENSION_H_
#define ATTESTD_TEST_FAKES_SGX_EXTENSION_H_

#include "base/bytes.h"

namespace attestd::fakes {

// The SGX extension of a PCK certificate (Intel SGX PCK Certificate and CRL Profile,
// section 1.3.5): FMSPC 50806f000000, PCE id 0, components 3,3,2,2,2,1,0,2 and zeros, PCE SVN 11.
base::Bytes SgxExtension();

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_SGX_EXTENSION_H_
