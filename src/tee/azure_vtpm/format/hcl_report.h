// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_AZURE_VTPM_FORMAT_HCL_REPORT_H_
#define ATTESTD_TEE_AZURE_VTPM_FORMAT_HCL_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/public_key.h"
#include "base/status.h"

// The report that the paravisor of an Azure CVM (HCL, host compatibility layer) leaves in the
// vTPM: a report of the hardware, bound to a JSON text that names the vTPM's keys. Little-endian.
namespace attestd::tee::azure_vtpm {

// "HCLA".
constexpr uint32_t kHclSignature = 0x414c4348;
// Longer than any image: they have 2048 or 2600 bytes.
constexpr size_t kMaxHclReportSize = size_t{16} << 10;

// The hardware whose report is inside. Values of report_type.
enum class Kind : uint32_t { kSnp = 2, kTdx = 4 };

// "az-snp-vtpm" or "az-tdx-vtpm", the broker's words.
std::string_view TeeName(Kind kind);

struct HclReport {
  uint32_t version = 0;  // 1 and 2 were seen
  Kind kind = Kind::kSnp;
  uint32_t hash_type = 0;       // 1: SHA-256, 2: SHA-384, 3: SHA-512
  base::Bytes hardware_report;  // SNP report of 1184 bytes, or TDREPORT of 1024
  base::Bytes runtime_data;     // JSON text, byte by byte as it was hashed
};

// From the image in NV 0x01400001: what follows the runtime data is filling. InvalidArgument
// naming the field when a size does not fit the others or the image, or the report is of another
// kind.
absl::StatusOr<HclReport> ParseHclReport(base::ByteView image);

// What attestd uses of the runtime data.
struct RuntimeClaims {
  base::PublicKey ak;     // the vTPM's attestation key, "HCLAkPub"
  base::Bytes user_data;  // 64 bytes, zeros until something was written; empty in old images
};

// InvalidArgument naming the member that is missing or malformed, or is there twice.
absl::StatusOr<RuntimeClaims> ParseRuntimeClaims(base::ByteView runtime_data);

// The 64 bytes of report data inside the hardware's report.
absl::StatusOr<base::Bytes> HardwareReportData(const HclReport& report);

// What binds the runtime data to the hardware's report: SHA-256 over it. The report data begins
// with these 32 bytes.
absl::StatusOr<base::Bytes> RuntimeDataDigest(const HclReport& report);

// Fields of the SNP report (AMD SEV-SNP firmware ABI, 56860, table "ATTESTATION_REPORT"), for
// choosing the certificate that fits.
struct SnpIdentity {
  base::Bytes chip_id;       // 64 bytes, zeros when masked
  base::Bytes reported_tcb;  // 8 bytes

  friend bool operator==(const SnpIdentity&, const SnpIdentity&) = default;
};
// InvalidArgument for a report of another kind.
absl::StatusOr<SnpIdentity> GetSnpIdentity(const HclReport& report);

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEE_AZURE_VTPM_FORMAT_HCL_REPORT_H_
