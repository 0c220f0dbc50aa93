// SPDX-License-Identifier: Apache-2.0
#include "base/revocation_list.h"

#include <openssl/x509.h>

#include <limits>

#include "base/openssl_error.h"
#include "base/x509_parts.h"

namespace attestd::base {
absl::StatusOr<RevocationList> RevocationList::FromDer(ByteView der) {
  if (der.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "too long for a CRL");
  }
  const uint8_t* cursor = der.data();
  X509_CRL* crl = d2i_X509_CRL(nullptr, &cursor, static_cast<long>(der.size()));
  if (crl == nullptr) {
    const absl::Status cause = OpensslError("not a DER CRL");
    return absl::Status(absl::StatusCode::kInvalidArgument, cause.message());
  }
  RevocationList list(std::shared_ptr<X509_CRL>(crl, X509_CRL_free));
  if (cursor != der.data() + der.size()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "bytes behind the DER CRL");
  }
  // One that says what else it covers, or less than all, cannot say that nothing is revoked
  // (RFC 5280, 5.2).
  if (X509_CRL_get_ext_by_critical(crl, 1, -1) >= 0) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "a CRL with a critical extension: only complete CRLs are understood");
  }
  return list;
}

std::string RevocationList::Issuer() const { return NameText(X509_CRL_get_issuer(crl_.get())); }

absl::StatusOr<absl::Time> RevocationList::ThisUpdate() const {
  return ToTime(X509_CRL_get0_lastUpdate(crl_.get()), "the CRL's thisUpdate");
}

absl::StatusOr<absl::Time> RevocationList::NextUpdate() const {
  return ToTime(X509_CRL_get0_nextUpdate(crl_.get()), "the CRL's nextUpdate");
}

bool RevocationList::Covers(const Certificate& certificate) const {
  return X509_NAME_cmp(X509_CRL_get_issuer(crl_.get()),
                       X509_get_issuer_name(certificate.x509_.get())) == 0;
}

absl::Status RevocationList::CheckIssuedBy(const Certificate& issuer) const {
  if (X509_NAME_cmp(X509_CRL_get_issuer(crl_.get()), X509_get_subject_name(issuer.x509_.get())) !=
      0) {
    return MakeStatus(absl::StatusCode::kUnauthenticated,
                      "the CRL of \"" + Issuer() + "\" is not of \"" + issuer.Subject() + "\"");
  }
  EVP_PKEY* key = X509_get0_pubkey(issuer.x509_.get());
  if (key == nullptr || X509_CRL_verify(crl_.get(), key) != 1) {
    const absl::Status cause =
        OpensslError("the signature of the CRL is not by the key of \"" + issuer.Subject() + "\"");
    return {absl::StatusCode::kUnauthenticated, cause.message()};
  }
  return absl::OkStatus();
}

bool RevocationList::Revokes(const Certificate& certificate) const {
  X509_REVOKED* entry = nullptr;  // stays the list's
  return Covers(certificate) &&
         X509_CRL_get0_by_cert(crl_.get(), &entry, certificate.x509_.get()) == 1;
}

}  // namespace attestd::base
