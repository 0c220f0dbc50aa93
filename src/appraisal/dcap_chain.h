// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_DCAP_CHAIN_H_
#define ATTESTD_APPRAISAL_DCAP_CHAIN_H_

#include <optional>
#include <string_view>
#include <vector>

#include "appraisal/appraisal.h"
#include "base/certificate.h"

// Inside the library only.
namespace attestd::appraisal {

// The PCK certificate, what issued it, up to a self-issued one.
using CertificateChain = std::vector<base::Certificate>;

// Judges the chain (PEM) that a quote of Intel's brings, completed from reference.roots: signatures
// and authority to sign, the root, dates, and revocation when there are CRLs. Adds the checks
// "chain.*". Nothing when it has no PCK certificate or does not reach a root.
std::optional<CertificateChain> CheckPckChain(std::string_view pem,
                                              const ReferenceValues& reference,
                                              Appraisal& appraisal);

// Whether none of them, but for the root at the end, is revoked, by CRLs of their issuers that are
// valid at reference.at: a check of that name.
Check CheckRevocation(std::string name, const CertificateChain& chain,
                      const ReferenceValues& reference);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_DCAP_CHAIN_H_
