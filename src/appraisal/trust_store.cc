// SPDX-License-Identifier: Apache-2.0
#include "appraisal/trust_store.h"

#include <absl/strings/match.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "base/pem.h"
#include "base/revocation_list.h"

namespace attestd::appraisal {
namespace {

// Larger files are nothing that is trusted; Intel's TCB info has some 10 KiB, its CRLs less.
constexpr size_t kMaxFileSize = size_t{1} << 20;
constexpr size_t kMaxFiles = 256;
// The first byte of a DER SEQUENCE.
constexpr char kDerSequence = '\x30';

absl::Status Bad(std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, why);
}

absl::Status AddCertificate(base::ByteView der, ReferenceValues& reference) {
  ASSIGN_OR_RETURN(base::Certificate certificate, base::Certificate::FromDer(der));
  reference.roots.push_back(std::move(certificate));
  return absl::OkStatus();
}

// Which platform may be judged by the key, its kind tells: attestation keys are RSA, platform keys
// are EC.
absl::Status AddKey(const base::PublicKey& key, ReferenceValues& reference) {
  ASSIGN_OR_RETURN(base::Bytes der, key.ToSpkiDer());
  reference.trusted_aks.push_back(std::move(der));
  reference.platform_keys.push_back(key);
  return absl::OkStatus();
}

absl::Status AddCrl(base::ByteView der, ReferenceValues& reference) {
  RETURN_IF_ERROR(base::RevocationList::FromDer(der).status());
  reference.crls.push_back(base::ToBytes(der));
  return absl::OkStatus();
}

absl::Status AddPemBlock(const base::PemBlock& block, ReferenceValues& reference) {
  if (block.label == "CERTIFICATE") {
    return AddCertificate(block.content, reference);
  }
  if (block.label == "X509 CRL") {
    return AddCrl(block.content, reference);
  }
  if (block.label == "PUBLIC KEY") {
    ASSIGN_OR_RETURN(const base::PublicKey key, base::PublicKey::FromSpkiDer(block.content));
    return AddKey(key, reference);
  }
  return Bad("a PEM block \"" + block.label + "\" is neither certificate, public key nor CRL");
}

absl::Status AddPem(std::string_view text, ReferenceValues& reference) {
  ASSIGN_OR_RETURN(const std::vector<base::PemBlock> blocks, base::ReadPem(text));
  for (const base::PemBlock& block : blocks) {
    RETURN_IF_ERROR(AddPemBlock(block, reference));
  }
  return absl::OkStatus();
}

absl::Status AddDer(base::ByteView der, ReferenceValues& reference) {
  if (AddCertificate(der, reference).ok() || AddCrl(der, reference).ok()) {
    return absl::OkStatus();
  }
  return Bad("DER that is neither a certificate nor a CRL");
}

// EC public key (RFC 7517, RFC 7518, 6.2).
absl::StatusOr<base::PublicKey> ParseJwk(const base::Json& jwk) {
  ASSIGN_OR_RETURN(const std::string type, base::GetString(jwk, "kty"));
  ASSIGN_OR_RETURN(const std::string curve, base::GetString(jwk, "crv"));
  if (type != "EC" || (curve != "P-256" && curve != "P-384")) {
    return Bad("a JWK that is no EC key on P-256 or P-384");
  }
  ASSIGN_OR_RETURN(base::Bytes point, base::GetBase64Url(jwk, "x"));
  ASSIGN_OR_RETURN(const base::Bytes y, base::GetBase64Url(jwk, "y"));
  point.insert(point.end(), y.begin(), y.end());
  return base::PublicKey::FromEcPoint(
      curve == "P-256" ? base::PublicKey::Curve::kP256 : base::PublicKey::Curve::kP384, point);
}

absl::Status AddJson(std::string_view text, ReferenceValues& reference) {
  ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(text));
  if (json.contains("tcbInfo") || json.contains("enclaveIdentity")) {
    reference.collateral.emplace_back(text);
    return absl::OkStatus();
  }
  if (json.contains("kty")) {
    ASSIGN_OR_RETURN(const base::PublicKey key, ParseJwk(json));
    return AddKey(key, reference);
  }
  return Bad("JSON that is neither a public JWK nor Intel's TCB info or QE identity");
}

// The regular files of a folder, by name.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  std::vector<std::string> files;
  while (!error && entry != std::filesystem::directory_iterator()) {
    if (entry->is_regular_file(error) && !error) {
      files.push_back(entry->path().string());
    }
    if (files.size() > kMaxFiles) {
      return Bad(folder + ": more than 256 files");
    }
    entry.increment(error);
  }
  if (error) {
    return Bad(folder + ": " + error.message());
  }
  std::sort(files.begin(), files.end());
  return files;
}

absl::Status LoadFile(const std::string& path, ReferenceValues& reference) {
  const absl::StatusOr<std::string> content = base::ReadFile(path, kMaxFileSize);
  if (!content.ok()) {
    return Bad(std::string(content.status().message()));
  }
  return base::Annotate(AddTrusted(*content, reference), path);
}

}  // namespace

absl::Status AddTrusted(std::string_view content, ReferenceValues& reference) {
  if (absl::StrContains({content.data(), content.size()}, "-----BEGIN ")) {
    return AddPem(content, reference);
  }
  if (content.starts_with(kDerSequence)) {
    return AddDer(base::AsBytes(content), reference);
  }
  const size_t first = content.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && content[first] == '{') {
    return AddJson(content, reference);
  }
  return Bad("neither certificates, public keys, CRLs nor Intel's collateral");
}

absl::Status LoadTrusted(const std::string& path, ReferenceValues& reference) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    return LoadFile(path, reference);
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> files, ListFiles(path));
  for (const std::string& file : files) {
    RETURN_IF_ERROR(LoadFile(file, reference));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<base::Certificate>> ParseCertificates(std::string_view content) {
  if (content.starts_with(kDerSequence)) {
    ASSIGN_OR_RETURN(const base::Certificate certificate,
                     base::Certificate::FromDer(base::AsBytes(content)));
    return std::vector<base::Certificate>{certificate};
  }
  return base::Certificate::ListFromPem(content);
}

}  // namespace attestd::appraisal
