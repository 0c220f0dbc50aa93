// SPDX-License-Identifier: Apache-2.0
#include "base/revocation_list.h"

#include <openssl/bio.h>
#include <openssl/x509.h>

#include <ctime>
#include <limits>

#include "base/handle.h"
#include "base/openssl_error.h"

namespace attestd::base {
namespace {

absl::StatusOr<absl::Time> ToTime(const ASN1_TIME* date, std::string_view name) {
  std::tm parts{};
  if (date == nullptr || ASN1_TIME_to_tm(date, &parts) != 1) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "the CRL's " + std::string(name) + " is absent or no date");
  }
  return absl::FromTM(parts, absl::UTCTimeZone());
}

}  // namespace

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
  return list;
}

std::string RevocationList::Issuer() const {
  const Handle<BIO, BIO_free_all> bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr ||
      X509_NAME_print_ex(bio.get(), X509_CRL_get_issuer(crl_.get()), 0, XN_FLAG_RFC2253) < 0) {
    return "";
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

absl::StatusOr<absl::Time> RevocationList::ThisUpdate() const {
  return ToTime(X509_CRL_get0_lastUpdate(crl_.get()), "thisUpdate");
}

absl::StatusOr<absl::Time> RevocationList::NextUpdate() const {
  return ToTime(X509_CRL_get0_nextUpdate(crl_.get()), "nextUpdate");
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
