// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_AZURE_VTPM_FORMAT_IMDS_H_
#define ATTESTD_TEE_AZURE_VTPM_FORMAT_IMDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/status.h"

// Answers of Azure's instance metadata service. They come from the host, are hints and prove
// nothing; a verifier judges what is inside.
namespace attestd::tee::azure_vtpm {

// Longest answer that is read.
constexpr size_t kMaxImdsReply = size_t{256} << 10;

// GET /metadata/THIM/amd/certification: {"vcekCert": PEM, "certificateChain": PEM, ...}.
struct AmdCertification {
  base::Certificate vcek;
  std::vector<base::Certificate> chain;  // ASK and ARK; empty when the answer has none
};
absl::StatusOr<AmdCertification> ParseAmdCertification(std::string_view json);

// Whether the chip id of an SNP report may be that of the VCEK (snp::ChipOf; from Turin on, its
// first 8 bytes). False for a certificate that names none; true for a chip id of zeros, which says
// nothing.
bool FitsChip(const base::Certificate& vcek, base::ByteView chip_id);

// The body that asks POST /acc/tdquote for a quote over a TDREPORT. IMDS documents the URL-safe
// alphabet without padding; Microsoft's own client begins with the standard one.
enum class Base64Alphabet { kUrlSafe, kStandard };
std::string TdQuoteRequest(base::ByteView td_report, Base64Alphabet alphabet);
// The answer, {"quote": base64}, in either alphabet, padded or not.
absl::StatusOr<base::Bytes> ParseTdQuoteReply(std::string_view json);

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEE_AZURE_VTPM_FORMAT_IMDS_H_
