// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_TRUST_STORE_H_
#define ATTESTD_APPRAISAL_TRUST_STORE_H_

#include <string>
#include <string_view>
#include <vector>

#include "appraisal/appraisal.h"
#include "base/certificate.h"
#include "base/status.h"

// What a verifier trusts, out of files. What a file is, is told from its content:
//   certificates   PEM (any number) or one in DER
//   public keys    PEM or JWK: attestation keys of TPMs, platform keys of CCA
//   CRLs           PEM or DER
//   collateral     Intel's TCB info or QE identity, as its service answers (JSON)
// PEM blocks of these kinds may stand in one file.
namespace attestd::appraisal {

// Adds one file's content to the reference values. InvalidArgument for anything else.
absl::Status AddTrusted(std::string_view content, ReferenceValues& reference);

// Adds a file, or every regular file of a folder (not of those below it) in the order of their
// names; at most 256 files of at most 1 MiB. InvalidArgument naming the file.
absl::Status LoadTrusted(const std::string& path, ReferenceValues& reference);

// Certificates in PEM or one in DER, and nothing else. InvalidArgument otherwise.
absl::StatusOr<std::vector<base::Certificate>> ParseCertificates(std::string_view content);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_TRUST_STORE_H_
