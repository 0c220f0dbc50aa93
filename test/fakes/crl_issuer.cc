// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/crl_issuer.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/handle.h"
#include "base/openssl_error.h"

namespace attestd::fakes {
namespace {

using X509Handle = base::Handle<X509, X509_free>;
using CrlHandle = base::Handle<X509_CRL, X509_CRL_free>;
using TimeHandle = base::Handle<ASN1_TIME, ASN1_TIME_free>;

absl::StatusOr<X509Handle> Reopen(const base::Certificate& certificate) {
  const base::Bytes der = certificate.ToDer();
  const uint8_t* cursor = der.data();
  X509Handle x509(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  if (x509 == nullptr) {
    return base::OpensslError("certificate");
  }
  return x509;
}

absl::Status Revoke(X509_CRL* crl, const base::Certificate& certificate, ASN1_TIME* when) {
  ASSIGN_OR_RETURN(const X509Handle x509, Reopen(certificate));
  base::Handle<X509_REVOKED, X509_REVOKED_free> entry(X509_REVOKED_new());
  if (entry == nullptr ||
      X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(x509.get())) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), when) != 1 ||
      X509_CRL_add0_revoked(crl, entry.get()) != 1) {
    return base::OpensslError("entry of a CRL");
  }
  (void)entry.release();  // the list owns it
  return absl::OkStatus();
}

absl::Status MarkDelta(X509_CRL* crl) {
  const base::Handle<ASN1_INTEGER, ASN1_INTEGER_free> number(ASN1_INTEGER_new());
  if (number == nullptr || ASN1_INTEGER_set(number.get(), 1) != 1 ||
      X509_CRL_add1_ext_i2d(crl, NID_delta_crl, number.get(), 1, 0) != 1) {
    return base::OpensslError("delta CRL");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<base::Bytes> IssueCrl(const CrlSpec& spec, const base::Certificate& issuer,
                                     const PrivateKey& issuer_key) {
  ASSIGN_OR_RETURN(const X509Handle parent, Reopen(issuer));
  const CrlHandle crl(X509_CRL_new());
  const TimeHandle from(ASN1_TIME_set(nullptr, absl::ToTimeT(spec.this_update)));
  const TimeHandle until(ASN1_TIME_set(nullptr, absl::ToTimeT(spec.next_update)));
  if (crl == nullptr || from == nullptr || until == nullptr ||
      X509_CRL_set_version(crl.get(), 1) != 1 ||
      X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(parent.get())) != 1 ||
      X509_CRL_set1_lastUpdate(crl.get(), from.get()) != 1 ||
      X509_CRL_set1_nextUpdate(crl.get(), until.get()) != 1) {
    return base::OpensslError("CRL");
  }
  for (const base::Certificate& certificate : spec.revoked) {
    RETURN_IF_ERROR(Revoke(crl.get(), certificate, from.get()));
  }
  if (spec.delta) {
    RETURN_IF_ERROR(MarkDelta(crl.get()));
  }
  if (X509_CRL_sign(crl.get(), issuer_key.get(), EVP_sha256()) == 0) {
    return base::OpensslError("sign a CRL");
  }
  uint8_t* der = nullptr;
  const int size = i2d_X509_CRL(crl.get(), &der);
  if (size <= 0) {
    return base::OpensslError("CRL to DER");
  }
  base::Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

}  // namespace attestd::fakes
