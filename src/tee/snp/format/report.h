// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_FORMAT_REPORT_H_
#define ATTESTD_TEE_SNP_FORMAT_REPORT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/status.h"

// The attestation report of AMD SEV-SNP (firmware ABI 56860, table "ATTESTATION_REPORT"),
// versions 2 to 5. Little-endian. Pure: no device.
namespace attestd::tee::snp {

constexpr size_t kReportSize = 1184;
constexpr size_t kChipIdSize = 64;
// From Turin on, the rest of the field is zeros.
constexpr size_t kTurinChipIdSize = 8;
// The signature is over the bytes before it.
constexpr size_t kSignedSize = 0x2a0;

enum class Generation { kMilan, kGenoa, kTurin };

// TCB_VERSION. Its byte layout depends on the generation.
struct TcbVersion {
  std::optional<uint8_t> fmc;  // Turin and later only
  uint8_t bootloader = 0;
  uint8_t tee = 0;
  uint8_t snp = 0;
  uint8_t microcode = 0;

  friend bool operator==(const TcbVersion&, const TcbVersion&) = default;
};

struct FirmwareVersion {
  uint8_t major = 0;
  uint8_t minor = 0;
  uint8_t build = 0;
};

struct Report {
  uint32_t version = 0;
  uint32_t guest_svn = 0;
  uint64_t policy = 0;
  std::array<uint8_t, 16> family_id{};
  std::array<uint8_t, 16> image_id{};
  uint32_t vmpl = 0;
  uint32_t sig_algo = 0;  // 1: ECDSA P-384 with SHA-384
  TcbVersion current_tcb;
  uint64_t plat_info = 0;
  uint32_t key_info = 0;  // bit 0 author key, bit 1 mask_chip_key, bits 4:2 signing key
  std::array<uint8_t, 64> report_data{};
  std::array<uint8_t, 48> measurement{};
  std::array<uint8_t, 32> host_data{};
  std::array<uint8_t, 48> id_key_digest{};
  std::array<uint8_t, 48> author_key_digest{};
  std::array<uint8_t, 32> report_id{};
  std::array<uint8_t, 32> report_id_ma{};
  TcbVersion reported_tcb;
  std::optional<uint8_t> cpuid_fam_id;  // version 3 and later, as the next two
  std::optional<uint8_t> cpuid_mod_id;
  std::optional<uint8_t> cpuid_step;
  std::array<uint8_t, kChipIdSize> chip_id{};
  TcbVersion committed_tcb;
  FirmwareVersion current;
  FirmwareVersion committed;
  TcbVersion launch_tcb;
  std::optional<uint64_t> launch_mit_vector;  // version 5 and later, as the next
  std::optional<uint64_t> current_mit_vector;
  std::array<uint8_t, 72> signature_r{};  // little-endian
  std::array<uint8_t, 72> signature_s{};
};

constexpr uint64_t kPolicyDebug = uint64_t{1} << 19;

// From CPUID family and model; for version 2, which has none, from the shape of the chip id.
// InvalidArgument for a processor that is not known.
absl::StatusOr<Generation> GenerationOf(const Report& report);
// The same of a report's bytes, of which nothing else is judged. InvalidArgument also for a wrong
// size and a version that is not 2 to 5.
absl::StatusOr<Generation> GenerationOf(base::ByteView bytes);

// Exactly 1184 bytes of version 2 to 5. InvalidArgument naming the field; also when a byte that
// the version reserves is not zero, since the JSON form could not carry it.
absl::StatusOr<Report> ParseReport(base::ByteView bytes);
// The inverse. InvalidArgument for a version or processor that has no layout.
absl::StatusOr<base::Bytes> EncodeReport(const Report& report);

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_FORMAT_REPORT_H_
