// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "appraisal/checks.h"
#include "appraisal/hardware.h"
#include "appraisal/snp_chain.h"
#include "base/byte_reader.h"
#include "base/encoding.h"
#include "base/json.h"
#include "tee/snp/format/report.h"
#include "tee/snp/format/vcek.h"

namespace attestd::appraisal {
namespace {

using base::Certificate;
using tee::snp::Generation;
using tee::snp::Report;
using tee::snp::TcbVersion;

// Version 2 does not name its processor, so that its TCB can be read in two ways; Trustee refuses
// it too.
constexpr uint32_t kFirstVersion = 3;
constexpr uint32_t kLastVersion = 5;

constexpr uint32_t kEcdsaP384Sha384 = 1;
constexpr size_t kHalfSize = 48;  // of a P-384 signature
constexpr uint32_t kMaskChipKey = 1U << 1;

// Certificate extensions (AMD 57230, table "VCEK certificate extensions").
constexpr char kBootloaderOid[] = "1.3.6.1.4.1.3704.1.3.1";
constexpr char kTeeOid[] = "1.3.6.1.4.1.3704.1.3.2";
constexpr char kSnpOid[] = "1.3.6.1.4.1.3704.1.3.3";
constexpr char kMicrocodeOid[] = "1.3.6.1.4.1.3704.1.3.8";
constexpr char kFmcOid[] = "1.3.6.1.4.1.3704.1.3.9";

// Content of a DER INTEGER from 0 to 255 (X.690, 8.3 and 10).
std::optional<uint8_t> SmallInteger(const std::optional<base::Bytes>& der) {
  if (!der.has_value()) {
    return std::nullopt;
  }
  const base::Bytes& bytes = *der;
  if (bytes.size() == 3 && bytes[0] == 2 && bytes[1] == 1 && bytes[2] < 0x80) {
    return bytes[2];
  }
  if (bytes.size() == 4 && bytes[0] == 2 && bytes[1] == 2 && bytes[2] == 0 && bytes[3] >= 0x80) {
    return bytes[3];
  }
  return std::nullopt;
}

std::string Part(const std::string& name, std::optional<uint8_t> value) {
  return name + " " + (value.has_value() ? std::to_string(*value) : "unknown");
}

std::string TcbText(const TcbVersion& tcb) {
  return (tcb.fmc.has_value() ? Part("fmc", tcb.fmc) + ", " : "") +
         Part("bootloader", tcb.bootloader) + ", " + Part("tee", tcb.tee) + ", " +
         Part("snp", tcb.snp) + ", " + Part("microcode", tcb.microcode);
}

std::string TcbText(const Certificate& leaf, bool with_fmc) {
  const auto part = [&](const std::string& name, const char* oid) {
    return Part(name, SmallInteger(leaf.Extension(oid)));
  };
  return (with_fmc ? part("fmc", kFmcOid) + ", " : "") + part("bootloader", kBootloaderOid) + ", " +
         part("tee", kTeeOid) + ", " + part("snp", kSnpOid) + ", " +
         part("microcode", kMicrocodeOid);
}

// The certificate was made for one TCB: the key is derived from it.
Check CheckTcb(const Report& report, const Certificate& leaf) {
  return CompareTexts("report.tcb", TcbText(leaf, report.reported_tcb.fmc.has_value()),
                      TcbText(report.reported_tcb));
}

// As long as the report's field, filled up with zeros; nothing when it is not that generation's.
std::optional<base::Bytes> ChipIdOf(const Certificate& leaf, bool turin) {
  std::optional<base::Bytes> chip = tee::snp::ChipOf(leaf);
  if (chip.has_value() && chip->size() != tee::snp::kChipIdSize && !turin) {
    return std::nullopt;
  }
  if (chip.has_value()) {
    chip->resize(tee::snp::kChipIdSize);
  }
  return chip;
}

Check CheckChipId(const Report& report, const Certificate& leaf) {
  const absl::StatusOr<Generation> generation = tee::snp::GenerationOf(report);
  const std::optional<base::Bytes> hwid =
      ChipIdOf(leaf, generation.ok() && *generation == Generation::kTurin);
  return CompareTexts("report.chip_id", hwid.has_value() ? base::HexEncode(*hwid) : "a HWID",
                      base::HexEncode(report.chip_id));
}

// The report's little-endian halves of 72 bytes as big-endian ones of 48.
absl::StatusOr<base::Bytes> SignatureOf(const Report& report) {
  base::Bytes signature;
  for (const auto& half : {report.signature_r, report.signature_s}) {
    if (std::any_of(half.begin() + kHalfSize, half.end(), [](uint8_t byte) { return byte != 0; })) {
      return base::MakeStatus(absl::StatusCode::kUnauthenticated,
                              "a half of the signature is longer than 48 bytes");
    }
    std::reverse_copy(half.begin(), half.begin() + kHalfSize, std::back_inserter(signature));
  }
  return signature;
}

absl::Status VerifySignature(base::ByteView bytes, const Report& report, const Certificate& leaf) {
  if (report.sig_algo != kEcdsaP384Sha384) {
    return base::MakeStatus(absl::StatusCode::kUnauthenticated,
                            "signature algorithm " + std::to_string(report.sig_algo));
  }
  ASSIGN_OR_RETURN(const base::PublicKey key, leaf.GetPublicKey());
  ASSIGN_OR_RETURN(const base::Bytes signature, SignatureOf(report));
  return key.VerifyEcdsa(base::HashAlgorithm::kSha384, bytes.first(tee::snp::kSignedSize),
                         signature);
}

Check CheckSignature(base::ByteView bytes, const Report& report,
                     const std::optional<Certificate>& leaf) {
  const absl::Status status =
      leaf.has_value()
          ? VerifySignature(bytes, report, *leaf)
          : base::MakeStatus(absl::StatusCode::kUnauthenticated, "no certificate of its key");
  return {.name = "report.signature",
          .passed = status.ok(),
          .expected = "ECDSA P-384 with SHA-384 by the " + SnpSigningKey(report),
          .found = status.ok() ? "a valid one" : std::string(status.message())};
}

// The one that signed, where several have the right name.
std::optional<Certificate> ChooseLeaf(base::ByteView bytes, const Report& report,
                                      std::span<const Certificate> candidates) {
  const std::vector<Certificate> leaves = SnpLeaves(report, candidates);
  for (const Certificate& leaf : leaves) {
    if (VerifySignature(bytes, report, leaf).ok()) {
      return leaf;
    }
  }
  return leaves.empty() ? std::nullopt : std::optional(leaves.front());
}

// What needs no certificate.
void CheckFields(const Report& report, const ReferenceValues& reference, Appraisal& appraisal) {
  appraisal.checks.push_back(CompareTexts("report.vmpl", "0", std::to_string(report.vmpl)));
  const bool debug = (report.policy & tee::snp::kPolicyDebug) != 0;
  appraisal.checks.push_back({.name = "report.debug",
                              .passed = !debug || reference.allow_debug,
                              .expected = reference.allow_debug ? "allowed or not" : "not allowed",
                              .found = debug ? "allowed by the guest's policy" : "not allowed"});
}

bool Bit(uint64_t flags, unsigned bit) { return ((flags >> bit) & 1) != 0; }

// Names as Trustee's "snp" verifier gives them; the bits are those of GUEST_POLICY and
// PLATFORM_INFO (firmware ABI 56860).
base::Json Claims(const Report& report) {
  base::Json claims = {{"policy_abi_major", (report.policy >> 8) & 0xff},
                       {"policy_abi_minor", report.policy & 0xff},
                       {"policy_smt_allowed", Bit(report.policy, 16)},
                       {"policy_migrate_ma", Bit(report.policy, 18)},
                       {"policy_debug_allowed", Bit(report.policy, 19)},
                       {"policy_single_socket", Bit(report.policy, 20)},
                       {"reported_tcb_bootloader", report.reported_tcb.bootloader},
                       {"reported_tcb_tee", report.reported_tcb.tee},
                       {"reported_tcb_snp", report.reported_tcb.snp},
                       {"reported_tcb_microcode", report.reported_tcb.microcode},
                       {"platform_smt_enabled", Bit(report.plat_info, 0)},
                       {"platform_tsme_enabled", Bit(report.plat_info, 1)},
                       {"measurement", base::HexEncode(report.measurement)},
                       {"report_data", base::HexEncode(report.report_data)},
                       {"init_data", base::HexEncode(report.host_data)},
                       {"chip_id", base::HexEncode(report.chip_id)}};
  if (report.reported_tcb.fmc.has_value()) {
    claims["reported_tcb_fmc"] = *report.reported_tcb.fmc;
  }
  return claims;
}

// Checks of version, processor and format; nothing when the report cannot be read.
std::optional<Report> ReadReport(base::ByteView bytes, Appraisal& appraisal) {
  const absl::StatusOr<uint32_t> version = base::ByteReader(bytes).ReadU32Le();
  appraisal.checks.push_back(
      {.name = "report.version",
       .passed = version.ok() && *version >= kFirstVersion && *version <= kLastVersion,
       .expected = "3 to 5",
       .found = version.ok() ? std::to_string(*version) : "no version"});
  const absl::StatusOr<Generation> generation = tee::snp::GenerationOf(bytes);
  appraisal.checks.push_back(
      {.name = "report.processor",
       .passed = generation.ok(),
       .expected = "Milan, Genoa or Turin",
       .found = generation.ok() ? "one of them" : std::string(generation.status().message())});
  const absl::StatusOr<Report> report = tee::snp::ParseReport(bytes);
  appraisal.checks.push_back(
      {.name = "report.format",
       .passed = report.ok(),
       .expected = "1184 bytes, reserved ones zero",
       .found = report.ok() ? "so" : std::string(report.status().message())});
  return report.ok() ? std::optional(*report) : std::nullopt;
}

}  // namespace

void CheckSnpReport(base::ByteView report, std::span<const Certificate> certificates,
                    const ReferenceValues& reference, Appraisal& appraisal) {
  const std::optional<Report> fields = ReadReport(report, appraisal);
  if (!fields.has_value()) {
    return;
  }
  appraisal.claims.update(Claims(*fields));
  const std::vector<Certificate> candidates = SnpCandidates(certificates, reference);
  const std::optional<Certificate> leaf = ChooseLeaf(report, *fields, candidates);
  CheckSnpChain(*fields, leaf, candidates, reference, appraisal);
  appraisal.checks.push_back(CheckSignature(report, *fields, leaf));
  if (leaf.has_value()) {
    appraisal.checks.push_back(CheckTcb(*fields, *leaf));
    // A VLEK belongs to a cloud and not to a chip; a masked chip has no id.
    if (SnpSigningKey(*fields) == "VCEK" && (fields->key_info & kMaskChipKey) == 0) {
      appraisal.checks.push_back(CheckChipId(*fields, *leaf));
    }
  }
  CheckFields(*fields, reference, appraisal);
}

}  // namespace attestd::appraisal
