// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_CERTIFICATE_H_
#define ATTESTD_BASE_CERTIFICATE_H_

#include <absl/time/time.h>
#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/public_key.h"
#include "base/status.h"

namespace attestd::base {

// An X.509 certificate (RFC 5280). Reading one judges nothing; serial number 0, which AMD uses, is
// taken as it is.
class Certificate {
 public:
  // One certificate and nothing behind it. InvalidArgument otherwise.
  static absl::StatusOr<Certificate> FromDer(ByteView der);
  // Every CERTIFICATE block of the text, in order; other blocks are passed over. InvalidArgument
  // when there is none, when a block is malformed, or for more than `limit` blocks.
  static absl::StatusOr<std::vector<Certificate>> ListFromPem(std::string_view pem,
                                                              size_t limit = 64);

  Bytes ToDer() const;
  std::string ToPem() const;
  // InvalidArgument when the key is of no known kind.
  absl::StatusOr<PublicKey> GetPublicKey() const;
  // SHA-256 over the DER SubjectPublicKeyInfo: what a trust anchor is pinned by.
  absl::StatusOr<Bytes> SpkiSha256() const;
  // For people: RFC 2253 on one line, control characters escaped.
  std::string Subject() const;
  // The subject's common name; empty when there is none.
  std::string CommonName() const;
  bool IsSelfIssued() const;
  // basicConstraints says CA.
  bool IsCa() const;
  absl::StatusOr<absl::Time> NotBefore() const;
  absl::StatusOr<absl::Time> NotAfter() const;
  // Content of an extension's OCTET STRING, by dotted OID; nothing when it is not there, or there
  // twice.
  std::optional<Bytes> Extension(std::string_view oid) const;
  // Name and signature fit the issuer's. Dates and constraints are the caller's to judge.
  // Unauthenticated otherwise.
  absl::Status CheckIssuedBy(const Certificate& issuer) const;

 private:
  friend class RevocationList;
  explicit Certificate(std::shared_ptr<X509> x509) : x509_(std::move(x509)) {}
  absl::StatusOr<Bytes> PublicKeyDer() const;

  // shared_ptr: a certificate is a value that is copied, OpenSSL's object is not.
  std::shared_ptr<X509> x509_;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_CERTIFICATE_H_
