// SPDX-License-Identifier: Apache-2.0
#include "base/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <limits>
#include <utility>

#include "base/handle.h"
#include "base/hash.h"
#include "base/openssl_error.h"
#include "base/pem.h"
#include "base/x509_parts.h"

namespace attestd::base {
namespace {

constexpr std::string_view kCertificateBlock = "CERTIFICATE";  // RFC 7468, section 5

using Bio = Handle<BIO, BIO_free_all>;

absl::Status BadCertificate(std::string_view message) {
  const absl::Status cause = OpensslError(message);
  return {absl::StatusCode::kInvalidArgument, cause.message()};
}

void FreeBytes(uint8_t* bytes) { OPENSSL_free(bytes); }

std::string TakeText(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

}  // namespace

absl::StatusOr<Certificate> Certificate::FromDer(ByteView der) {
  if (der.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "too long for a certificate");
  }
  const uint8_t* cursor = der.data();
  X509* x509 = d2i_X509(nullptr, &cursor, static_cast<long>(der.size()));
  if (x509 == nullptr) {
    return BadCertificate("not a DER certificate");
  }
  Certificate certificate(std::shared_ptr<X509>(x509, X509_free));
  if (cursor != der.data() + der.size()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "bytes behind the DER certificate");
  }
  return certificate;
}

absl::StatusOr<std::vector<Certificate>> Certificate::ListFromPem(std::string_view pem,
                                                                  size_t limit) {
  ASSIGN_OR_RETURN(const std::vector<PemBlock> blocks, ReadPem(pem, limit));
  std::vector<Certificate> certificates;
  for (const PemBlock& block : blocks) {
    if (block.label == kCertificateBlock) {
      ASSIGN_OR_RETURN(Certificate certificate, FromDer(block.content));
      certificates.push_back(std::move(certificate));
    }
  }
  if (certificates.empty()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "no CERTIFICATE block in the PEM text");
  }
  return certificates;
}

Bytes Certificate::ToDer() const {
  uint8_t* der = nullptr;
  const int size = i2d_X509(x509_.get(), &der);
  const Handle<uint8_t, FreeBytes> owned(der);
  return size > 0 ? Bytes(der, der + size) : Bytes();
}

std::string Certificate::ToPem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), x509_.get()) != 1) {
    ERR_clear_error();
    return "";
  }
  return TakeText(bio.get());
}

absl::StatusOr<PublicKey> Certificate::GetPublicKey() const {
  ASSIGN_OR_RETURN(const Bytes spki, PublicKeyDer());
  return PublicKey::FromSpkiDer(spki);
}

absl::StatusOr<Bytes> Certificate::SpkiSha256() const {
  ASSIGN_OR_RETURN(const Bytes spki, PublicKeyDer());
  return Hash(HashAlgorithm::kSha256, spki);
}

// As the certificate encodes it, also for keys that OpenSSL does not know.
absl::StatusOr<Bytes> Certificate::PublicKeyDer() const {
  uint8_t* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509_.get()), &der);
  if (size <= 0) {
    return OpensslError("public key of a certificate");
  }
  const Handle<uint8_t, FreeBytes> owned(der);
  return Bytes(der, der + size);
}

std::string Certificate::Subject() const { return NameText(X509_get_subject_name(x509_.get())); }

std::string Certificate::CommonName() const {
  const X509_NAME* name = X509_get_subject_name(x509_.get());
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0) {
    return "";
  }
  uint8_t* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
  if (size < 0) {
    ERR_clear_error();
    return "";
  }
  const Handle<uint8_t, FreeBytes> owned(text);
  return std::string(AsText({text, static_cast<size_t>(size)}));
}

bool Certificate::IsSelfIssued() const {
  return X509_NAME_cmp(X509_get_subject_name(x509_.get()), X509_get_issuer_name(x509_.get())) == 0;
}

bool Certificate::IsCa() const {
  // Nothing also when the extension is there twice.
  const Handle<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free> constraints(
      static_cast<BASIC_CONSTRAINTS*>(
          X509_get_ext_d2i(x509_.get(), NID_basic_constraints, nullptr, nullptr)));
  ERR_clear_error();
  return constraints != nullptr && constraints->ca != 0;
}

absl::StatusOr<absl::Time> Certificate::NotBefore() const {
  return ToTime(X509_get0_notBefore(x509_.get()), "notBefore");
}

absl::StatusOr<absl::Time> Certificate::NotAfter() const {
  return ToTime(X509_get0_notAfter(x509_.get()), "notAfter");
}

std::optional<Bytes> Certificate::Extension(std::string_view oid) const {
  const Handle<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(std::string(oid).c_str(), 1));
  if (object == nullptr) {
    ERR_clear_error();
    return std::nullopt;
  }
  const int index = X509_get_ext_by_OBJ(x509_.get(), object.get(), -1);
  if (index < 0 || X509_get_ext_by_OBJ(x509_.get(), object.get(), index) >= 0) {
    return std::nullopt;
  }
  const ASN1_OCTET_STRING* content = X509_EXTENSION_get_data(X509_get_ext(x509_.get(), index));
  return Bytes(ASN1_STRING_get0_data(content),
               ASN1_STRING_get0_data(content) + ASN1_STRING_length(content));
}

absl::Status Certificate::CheckIssuedBy(const Certificate& issuer) const {
  if (X509_NAME_cmp(X509_get_issuer_name(x509_.get()), X509_get_subject_name(issuer.x509_.get())) !=
      0) {
    return MakeStatus(
        absl::StatusCode::kUnauthenticated,
        "\"" + Subject() + "\" names another issuer than \"" + issuer.Subject() + "\"");
  }
  EVP_PKEY* key = X509_get0_pubkey(issuer.x509_.get());
  if (key == nullptr || X509_verify(x509_.get(), key) != 1) {
    const absl::Status cause = OpensslError("the signature of \"" + Subject() +
                                            "\" is not by the key of \"" + issuer.Subject() + "\"");
    return {absl::StatusCode::kUnauthenticated, cause.message()};
  }
  return absl::OkStatus();
}

}  // namespace attestd::base
