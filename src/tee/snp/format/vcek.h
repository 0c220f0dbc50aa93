// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_FORMAT_VCEK_H_
#define ATTESTD_TEE_SNP_FORMAT_VCEK_H_

#include <optional>

#include "base/bytes.h"
#include "base/certificate.h"

namespace attestd::tee::snp {

// The chip that a VCEK was made for, as its extension HWID (AMD 57230, OID 1.3.6.1.4.1.3704.1.4)
// says, bare or in an OCTET STRING: 64 bytes, or 8 from Turin on. Nothing when it says something
// else, or nothing.
std::optional<base::Bytes> ChipOf(const base::Certificate& vcek);

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_FORMAT_VCEK_H_
