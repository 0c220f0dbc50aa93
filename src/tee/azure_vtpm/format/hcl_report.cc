// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/format/hcl_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/json.h"
#include "tee/snp/format/report.h"
#include "tee/tdx/format/td_report.h"

namespace attestd::tee::azure_vtpm {
namespace {

// The layout that Microsoft's confidential-computing-cvm-guest-attestation and azure-cvm-tooling
// read: header, hardware report, data header, runtime data.
constexpr size_t kHeaderSize = 32;
constexpr size_t kDataHeaderSize = 20;
// Offset and size of REPORT_DATA in an SNP report and of REPORTDATA in a TDREPORT.
constexpr size_t kSnpReportDataOffset = 0x50;
constexpr size_t kTdReportDataOffset = 128;
constexpr size_t kReportDataSize = 64;
constexpr size_t kSnpReportedTcbOffset = 0x180;
constexpr size_t kTcbSize = 8;
constexpr size_t kSnpChipIdOffset = 0x1a0;
// Real ones nest three deep and have about 40 values.
constexpr base::JsonLimits kRuntimeDataLimits = {.depth = 8, .elements = 1000};
constexpr size_t kMaxExponentSize = 4;

absl::Status Malformed(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, what);
}

std::string Expected(std::string_view field, uint64_t expected, uint64_t found) {
  return std::string(field) + " is " + std::to_string(found) + ", not " + std::to_string(expected);
}

// The header's size of everything behind it.
absl::StatusOr<uint32_t> ReadHeader(base::ByteReader& reader, HclReport& report) {
  ASSIGN_OR_RETURN(const uint32_t signature, reader.ReadU32Le());
  if (signature != kHclSignature) {
    return Malformed("the signature is not \"HCLA\"");
  }
  ASSIGN_OR_RETURN(report.version, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const uint32_t report_size, reader.ReadU32Le());
  // Request type, status and reserved bytes say nothing of the report.
  RETURN_IF_ERROR(reader.ReadBytes(kHeaderSize - reader.offset()).status());
  return report_size;
}

absl::StatusOr<Kind> ParseKind(uint32_t report_type) {
  if (report_type == static_cast<uint32_t>(Kind::kSnp) ||
      report_type == static_cast<uint32_t>(Kind::kTdx)) {
    return static_cast<Kind>(report_type);
  }
  return Malformed("report_type is " + std::to_string(report_type) +
                   ", neither SNP (2) nor TDX (4)");
}

absl::StatusOr<HclReport> ReadReport(base::ByteView image) {
  base::ByteReader reader(image);
  HclReport report;
  ASSIGN_OR_RETURN(const uint32_t report_size, ReadHeader(reader, report));
  ASSIGN_OR_RETURN(const base::ByteView hardware, reader.ReadBytes(snp::kReportSize));
  ASSIGN_OR_RETURN(const uint32_t data_size, reader.ReadU32Le());
  RETURN_IF_ERROR(reader.ReadU32Le().status());  // version of the data: 1
  ASSIGN_OR_RETURN(const uint32_t report_type, reader.ReadU32Le());
  ASSIGN_OR_RETURN(report.kind, ParseKind(report_type));
  ASSIGN_OR_RETURN(report.hash_type, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const uint32_t runtime_size, reader.ReadU32Le());
  // 64 bits: sums of what the image claims do not wrap.
  if (data_size != uint64_t{runtime_size} + kDataHeaderSize) {
    return Malformed(Expected("data_size", uint64_t{runtime_size} + kDataHeaderSize, data_size));
  }
  const uint64_t whole = uint64_t{data_size} + kHeaderSize + snp::kReportSize;
  if (report_size != whole) {
    return Malformed(Expected("report_size", whole, report_size));
  }
  ASSIGN_OR_RETURN(const base::ByteView runtime_data, reader.ReadBytes(runtime_size));
  report.runtime_data = base::ToBytes(runtime_data);
  report.hardware_report = base::ToBytes(
      hardware.first(report.kind == Kind::kSnp ? snp::kReportSize : tdx::kTdReportSize));
  return report;
}

absl::StatusOr<uint32_t> GetExponent(const base::Json& jwk) {
  ASSIGN_OR_RETURN(const base::Bytes bytes, base::GetBase64Url(jwk, "e"));
  if (bytes.empty() || bytes.size() > kMaxExponentSize) {
    return Malformed("e: not 1 to 4 bytes");
  }
  uint32_t exponent = 0;
  for (const uint8_t byte : bytes) {
    exponent = exponent << 8 | byte;
  }
  return exponent;
}

// JWK of RSA (RFC 7518, 6.3.1). Other members are not judged: old images call this key one for
// encryption.
absl::StatusOr<base::PublicKey> RsaFromJwk(const base::Json& jwk) {
  ASSIGN_OR_RETURN(const std::string type, base::GetString(jwk, "kty"));
  if (type != "RSA") {
    return Malformed("kty: not RSA");
  }
  ASSIGN_OR_RETURN(const uint32_t exponent, GetExponent(jwk));
  ASSIGN_OR_RETURN(const base::Bytes modulus, base::GetBase64Url(jwk, "n"));
  return base::PublicKey::FromRsa(modulus, exponent);
}

absl::StatusOr<base::PublicKey> FindAk(const base::Json& claims) {
  constexpr std::string_view kKid = "HCLAkPub";
  ASSIGN_OR_RETURN(const base::Json* keys, base::GetMember(claims, "keys"));
  if (!keys->is_array()) {
    return Malformed("\"keys\" is not an array");
  }
  std::optional<base::PublicKey> found;
  for (const base::Json& jwk : *keys) {
    ASSIGN_OR_RETURN(const std::string kid, base::GetString(jwk, "kid"));
    if (kid != kKid) {
      continue;
    }
    if (found.has_value()) {
      return Malformed("two keys are named HCLAkPub");
    }
    absl::StatusOr<base::PublicKey> key = RsaFromJwk(jwk);
    if (!key.ok()) {
      return base::Annotate(key.status(), kKid);
    }
    found.emplace(*std::move(key));
  }
  return found.has_value() ? absl::StatusOr<base::PublicKey>(*std::move(found))
                           : Malformed("no key is named HCLAkPub");
}

absl::StatusOr<base::Bytes> GetUserData(const base::Json& claims) {
  if (!claims.contains("user-data")) {
    return base::Bytes();
  }
  ASSIGN_OR_RETURN(const std::string text, base::GetString(claims, "user-data"));
  absl::StatusOr<base::Bytes> bytes = base::HexDecode(text);
  if (!bytes.ok()) {
    return base::Annotate(bytes.status(), "user-data");
  }
  return bytes;
}

absl::StatusOr<RuntimeClaims> ReadClaims(base::ByteView runtime_data) {
  ASSIGN_OR_RETURN(const base::Json claims,
                   base::ParseJson(base::AsText(runtime_data), kRuntimeDataLimits));
  if (!claims.is_object()) {
    return Malformed("not a JSON object");
  }
  ASSIGN_OR_RETURN(base::PublicKey ak, FindAk(claims));
  ASSIGN_OR_RETURN(base::Bytes user_data, GetUserData(claims));
  return RuntimeClaims{.ak = std::move(ak), .user_data = std::move(user_data)};
}

// A field of the hardware report, which ParseHclReport made long enough.
absl::StatusOr<base::Bytes> Field(const HclReport& report, size_t offset, size_t size) {
  if (report.hardware_report.size() < offset + size) {
    return Malformed("the hardware report is too short");
  }
  return base::ToBytes(base::ByteView(report.hardware_report).subspan(offset, size));
}

}  // namespace

std::string_view TeeName(Kind kind) { return kind == Kind::kSnp ? "az-snp-vtpm" : "az-tdx-vtpm"; }

absl::StatusOr<HclReport> ParseHclReport(base::ByteView image) {
  if (image.size() > kMaxHclReportSize) {
    return Malformed("HCL report: longer than 16 KiB");
  }
  absl::StatusOr<HclReport> report = ReadReport(image);
  if (!report.ok()) {
    return base::Annotate(report.status(), "HCL report");
  }
  return report;
}

absl::StatusOr<RuntimeClaims> ParseRuntimeClaims(base::ByteView runtime_data) {
  absl::StatusOr<RuntimeClaims> claims = ReadClaims(runtime_data);
  if (!claims.ok()) {
    return base::Annotate(claims.status(), "HCL runtime data");
  }
  return claims;
}

absl::StatusOr<base::Bytes> HardwareReportData(const HclReport& report) {
  return Field(report, report.kind == Kind::kSnp ? kSnpReportDataOffset : kTdReportDataOffset,
               kReportDataSize);
}

absl::StatusOr<base::Bytes> RuntimeDataDigest(const HclReport& report) {
  return base::Hash(base::HashAlgorithm::kSha256, report.runtime_data);
}

absl::StatusOr<SnpIdentity> GetSnpIdentity(const HclReport& report) {
  if (report.kind != Kind::kSnp) {
    return Malformed("no SNP report is inside");
  }
  SnpIdentity identity;
  ASSIGN_OR_RETURN(identity.chip_id, Field(report, kSnpChipIdOffset, snp::kChipIdSize));
  ASSIGN_OR_RETURN(identity.reported_tcb, Field(report, kSnpReportedTcbOffset, kTcbSize));
  return identity;
}

}  // namespace attestd::tee::azure_vtpm
