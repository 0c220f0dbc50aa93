// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_REVOCATION_LIST_H_
#define ATTESTD_BASE_REVOCATION_LIST_H_

#include <absl/time/time.h>
#include <openssl/types.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/status.h"

namespace attestd::base {

// A certificate revocation list (RFC 5280, section 5). Reading one judges nothing.
class RevocationList {
 public:
  // One list and nothing behind it. InvalidArgument otherwise.
  static absl::StatusOr<RevocationList> FromDer(ByteView der);

  // For people: as Certificate::Subject.
  std::string Issuer() const;
  absl::StatusOr<absl::Time> ThisUpdate() const;
  // InvalidArgument when the list names none.
  absl::StatusOr<absl::Time> NextUpdate() const;
  // Whether this issuer's name is that of the certificate's issuer.
  bool Covers(const Certificate& certificate) const;
  // Name and signature fit the issuer's. Unauthenticated otherwise.
  absl::Status CheckIssuedBy(const Certificate& issuer) const;
  // By serial number; only certificates that the list covers are in it.
  bool Revokes(const Certificate& certificate) const;

 private:
  explicit RevocationList(std::shared_ptr<X509_CRL> crl) : crl_(std::move(crl)) {}
  // shared_ptr: a list is a value that is copied, OpenSSL's object is not.
  std::shared_ptr<X509_CRL> crl_;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_REVOCATION_LIST_H_
