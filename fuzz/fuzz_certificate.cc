// SPDX-License-Identifier: Apache-2.0
// X.509 in DER or PEM: every question can be put to what is read.
// Covers: src/base/certificate.cc
#include "base/certificate.h"
#include "fuzz/fuzz_target.h"

namespace base = attestd::base;

namespace {

void Ask(const base::Certificate& certificate) {
  (void)certificate.Subject();
  (void)certificate.CommonName();
  (void)certificate.IsCa();
  (void)certificate.IsSelfIssued();
  (void)certificate.NotBefore();
  (void)certificate.NotAfter();
  (void)certificate.GetPublicKey();
  (void)certificate.SpkiSha256();
  (void)certificate.Extension("1.3.6.1.4.1.3704.1.4");
  (void)certificate.CheckIssuedBy(certificate);
  FUZZ_CHECK(certificate.ToPem().empty() ||
             base::Certificate::ListFromPem(certificate.ToPem()).ok());
}

}  // namespace

FUZZ_TARGET(input) {
  if (const auto certificate = base::Certificate::FromDer(input); certificate.ok()) {
    Ask(*certificate);
    FUZZ_CHECK(base::Certificate::FromDer(certificate->ToDer()).ok());
  }
  if (const auto list = base::Certificate::ListFromPem(base::AsText(input), 4); list.ok()) {
    FUZZ_CHECK(!list->empty() && list->size() <= 4);
    for (const base::Certificate& certificate : *list) {
      Ask(certificate);
    }
  }
}
