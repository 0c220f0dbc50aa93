// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/x509_issuer.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/handle.h"
#include "base/openssl_error.h"

namespace attestd::fakes {
namespace {

// RFC 8017: the salt is as long as the digest.
constexpr int kSha384Size = 48;

using Bio = base::Handle<BIO, BIO_free_all>;
using X509Handle = base::Handle<X509, X509_free>;

absl::Status SetName(X509_NAME* name, const std::string& common_name) {
  const auto add = [&](const char* field, const std::string& text) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, base::AsBytes(text).data(),
                                      static_cast<int>(text.size()), -1, 0) == 1;
  };
  if (!add("O", "attestd test") || !add("CN", common_name)) {
    return base::OpensslError("name");
  }
  return absl::OkStatus();
}

absl::Status AddExtension(X509* x509, const std::string& oid, const base::Bytes& content) {
  const base::Handle<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(oid.c_str(), 1));
  const base::Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
  if (object == nullptr || value == nullptr ||
      ASN1_OCTET_STRING_set(value.get(), content.data(), static_cast<int>(content.size())) != 1) {
    return base::OpensslError("extension value");
  }
  const base::Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, value.get()));
  if (extension == nullptr || X509_add_ext(x509, extension.get(), -1) != 1) {
    return base::OpensslError("extension");
  }
  return absl::OkStatus();
}

absl::Status AddBasicConstraints(X509* x509) {
  const base::Handle<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free> constraints(
      BASIC_CONSTRAINTS_new());
  if (constraints == nullptr) {
    return base::OpensslError("basic constraints");
  }
  constraints->ca = 0xff;
  if (X509_add1_ext_i2d(x509, NID_basic_constraints, constraints.get(), 1, X509V3_ADD_DEFAULT) !=
      1) {
    return base::OpensslError("basic constraints");
  }
  return absl::OkStatus();
}

absl::Status Fill(X509* x509, const CertificateSpec& spec, EVP_PKEY* subject_key) {
  if (X509_set_version(x509, X509_VERSION_3) != 1 ||
      ASN1_INTEGER_set_int64(X509_get_serialNumber(x509), spec.serial) != 1 ||
      ASN1_TIME_set(X509_getm_notBefore(x509), absl::ToTimeT(spec.not_before)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(x509), absl::ToTimeT(spec.not_after)) == nullptr ||
      X509_set_pubkey(x509, subject_key) != 1) {
    return base::OpensslError("certificate");
  }
  RETURN_IF_ERROR(SetName(X509_get_subject_name(x509), spec.subject));
  RETURN_IF_ERROR(SetName(X509_get_issuer_name(x509), spec.issuer));
  if (spec.ca) {
    RETURN_IF_ERROR(AddBasicConstraints(x509));
  }
  for (const auto& [oid, content] : spec.extensions) {
    RETURN_IF_ERROR(AddExtension(x509, oid, content));
  }
  return absl::OkStatus();
}

absl::Status SignCertificate(X509* x509, EVP_PKEY* key, const EVP_MD* digest) {
  const base::Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // owned by the context
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), &key_context, digest, nullptr, key) != 1) {
    return base::OpensslError("sign a certificate");
  }
  if (EVP_PKEY_is_a(key, "RSA") == 1 &&
      (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, kSha384Size) != 1)) {
    return base::OpensslError("RSASSA-PSS");
  }
  if (X509_sign_ctx(x509, context.get()) <= 0) {
    return base::OpensslError("sign a certificate");
  }
  return absl::OkStatus();
}

absl::StatusOr<base::Bytes> CertificateDer(X509* x509) {
  uint8_t* der = nullptr;
  const int size = i2d_X509(x509, &der);
  if (size <= 0) {
    return base::OpensslError("certificate to DER");
  }
  base::Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

// GeneralNames with one name of this tag; short enough for one byte of length.
std::pair<std::string, base::Bytes> AltName(uint8_t tag, base::ByteView name) {
  const auto size = static_cast<uint8_t>(name.size());
  base::Bytes names = {0x30, static_cast<uint8_t>(size + 2), tag, size};
  names.insert(names.end(), name.begin(), name.end());
  return {"2.5.29.17", names};
}

}  // namespace

std::pair<std::string, base::Bytes> DnsName(std::string_view name) {
  return AltName(0x82, base::AsBytes(name));
}

std::pair<std::string, base::Bytes> LoopbackAddress() {
  return AltName(0x87, base::Bytes{127, 0, 0, 1});
}

absl::StatusOr<PrivateKey> PrivateKey::Rsa(unsigned bits) {
  EVP_PKEY* key = EVP_RSA_gen(bits);
  if (key == nullptr) {
    return base::OpensslError("RSA key");
  }
  return PrivateKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

absl::StatusOr<PrivateKey> PrivateKey::Ec(base::PublicKey::Curve curve) {
  EVP_PKEY* key = EVP_EC_gen(curve == base::PublicKey::Curve::kP256 ? "P-256" : "P-384");
  if (key == nullptr) {
    return base::OpensslError("EC key");
  }
  return PrivateKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  if (key == nullptr) {
    return base::OpensslError("not a PEM private key");
  }
  return PrivateKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

absl::StatusOr<std::string> PrivateKey::ToPem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0,
                                                      nullptr, nullptr) != 1) {
    return base::OpensslError("private key to PEM");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

absl::StatusOr<base::PublicKey> PrivateKey::GetPublicKey() const {
  uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  if (size <= 0) {
    return base::OpensslError("public key to DER");
  }
  const base::Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return base::PublicKey::FromSpkiDer(bytes);
}

absl::StatusOr<base::Bytes> PrivateKey::SignEcdsa(base::HashAlgorithm hash,
                                                  base::ByteView message) const {
  const std::string name(base::HashAlgorithmName(hash));
  const EVP_MD* digest = EVP_get_digestbyname(name.c_str());
  const base::Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  size_t size = static_cast<size_t>(EVP_PKEY_get_size(key_.get()));
  base::Bytes der(size);
  if (context == nullptr || digest == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) != 1) {
    return base::OpensslError("ECDSA sign");
  }
  const uint8_t* cursor = der.data();
  const base::Handle<ECDSA_SIG, ECDSA_SIG_free> signature(
      d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(size)));
  const int half = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
  base::Bytes bytes(2 * static_cast<size_t>(half));
  if (signature == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes.data(), half) != half ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes.data() + half, half) != half) {
    return base::OpensslError("ECDSA signature");
  }
  return bytes;
}

absl::StatusOr<base::Certificate> IssueCertificate(const CertificateSpec& spec,
                                                   const PrivateKey& subject_key,
                                                   const PrivateKey& issuer_key) {
  const X509Handle x509(X509_new());
  if (x509 == nullptr) {
    return base::OpensslError("certificate");
  }
  RETURN_IF_ERROR(Fill(x509.get(), spec, subject_key.get()));
  RETURN_IF_ERROR(
      SignCertificate(x509.get(), issuer_key.get(), spec.sha1 ? EVP_sha1() : EVP_sha384()));
  ASSIGN_OR_RETURN(const base::Bytes der, CertificateDer(x509.get()));
  return base::Certificate::FromDer(der);
}

}  // namespace attestd::fakes
