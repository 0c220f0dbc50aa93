// SPDX-License-Identifier: Apache-2.0
// Certificate revocation lists, and what is asked of them about a certificate.
// Covers: src/base/revocation_list.cc src/base/x509_parts.cc
#include "base/certificate.h"
#include "base/revocation_list.h"
#include "fuzz/fuzz_target.h"

namespace base = attestd::base;

namespace {

// Self-signed, serial number 7; it signed the lists of the kept corpus that name it as issuer.
constexpr char kRoot[] = R"(-----BEGIN CERTIFICATE-----
MIIBKTCB0KADAgECAgEHMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWZ1enogcm9v
dDAeFw0yNjAxMDEwMDAwMDBaFw00NjAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWZ1
enogcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDFfi/NYJu8YmEdZOmaR
b+VeRn5LTZJdWcFicEgrAx+Qu+cw0x18TQxXMzpOTGaRtpDNNkDZZwdxFf+28K45
TLSjEzARMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAJ0WUC1q
yeHsU1VIglVjeD2ofWxF8DVhgsr/pcpKUWhZAiBw6//kZwpXBpcca82pyvPUTzHh
92b5Li+wDGiP/5lCog==
-----END CERTIFICATE-----
)";

}  // namespace

FUZZ_TARGET(input) {
  static const base::Certificate kIssuer = base::Certificate::ListFromPem(kRoot)->front();
  const auto list = base::RevocationList::FromDer(input);
  if (!list.ok()) {
    return;
  }
  static_cast<void>(list->Issuer());
  static_cast<void>(list->ThisUpdate());
  static_cast<void>(list->NextUpdate());
  FUZZ_CHECK(!list->Revokes(kIssuer) || list->Covers(kIssuer));
  FUZZ_CHECK(!list->CheckIssuedBy(kIssuer).ok() || list->Covers(kIssuer));
}
