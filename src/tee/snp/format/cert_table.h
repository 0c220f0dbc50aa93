// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_FORMAT_CERT_TABLE_H_
#define ATTESTD_TEE_SNP_FORMAT_CERT_TABLE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

// The certificate table that the host hands to the guest beside a report (GHCB specification 2.0,
// 4.1.8.1 "SNP extended guest request"). The host is not trusted. Pure: no device.
namespace attestd::tee::snp {

constexpr size_t kMaxCertTableSize = size_t{64} << 10;
constexpr size_t kMaxCertTableEntries = 8;

// In the order in which evidence lists them.
enum class CertType { kVcek, kVlek, kAsk, kArk, kCrl, kOther };

struct CertEntry {
  CertType type = CertType::kVcek;
  std::string guid;  // of kOther only: RFC 9562 text, lower case
  base::Bytes data;  // a certificate in DER as a rule, or in PEM

  friend bool operator==(const CertEntry&, const CertEntry&) = default;
};

// "63da758d-e664-4564-adc5-f4b93be8accd"; empty for kOther, which has none of its own.
std::string_view GuidOf(CertType type);
// The type of a GUID of 16 bytes, in the order of its text or in the mixed order of Microsoft's
// struct: hosts write either. Nothing when it is not known.
std::optional<CertEntry> TypeOfGuid(base::ByteView guid);

// The entries of a whole table, in its order. InvalidArgument, naming the entry, for more than
// kMaxCertTableSize bytes or kMaxCertTableEntries entries, no terminating entry, an unknown GUID,
// one that is there twice, and data that is empty, outside the table or overlaps anything else.
absl::StatusOr<std::vector<CertEntry>> ParseCertTable(base::ByteView table);

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_FORMAT_CERT_TABLE_H_
