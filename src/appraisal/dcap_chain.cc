// SPDX-License-Identifier: Apache-2.0
#include "appraisal/dcap_chain.h"

#include <algorithm>
#include <string>
#include <utility>

#include "appraisal/checks.h"
#include "base/encoding.h"
#include "base/revocation_list.h"

namespace attestd::appraisal {
namespace {

// SHA-256 over the SubjectPublicKeyInfo of the "Intel SGX Root CA"
// (https://certificates.trustedservices.intel.com/IntelSGXRootCA.der).
constexpr std::string_view kIntelRootSpki =
    "a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e";
// PCK, intermediate, root; one more for what nobody has seen yet.
constexpr size_t kMaxChain = 4;

absl::Status Untrusted(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kUnauthenticated, what);
}

// The authority among the candidates that issued it.
absl::StatusOr<base::Certificate> FindIssuer(const base::Certificate& certificate,
                                             const std::vector<base::Certificate>& candidates) {
  absl::Status last = Untrusted("no issuer of \"" + certificate.Subject() + "\" is at hand");
  for (const base::Certificate& candidate : candidates) {
    const absl::Status issued = certificate.CheckIssuedBy(candidate);
    if (issued.ok() && candidate.IsCa()) {
      return candidate;
    }
    if (issued.ok()) {
      last = Untrusted("\"" + candidate.Subject() + "\" is no authority but issued \"" +
                       certificate.Subject() + "\"");
    }
  }
  return last;
}

absl::StatusOr<CertificateChain> BuildChain(const std::vector<base::Certificate>& brought,
                                            const std::vector<base::Certificate>& roots) {
  std::vector<base::Certificate> candidates(brought.begin() + 1, brought.end());
  candidates.insert(candidates.end(), roots.begin(), roots.end());
  CertificateChain chain = {brought.front()};
  while (!chain.back().IsSelfIssued()) {
    if (chain.size() == kMaxChain) {
      return Untrusted("more than " + std::to_string(kMaxChain) + " certificates up to the root");
    }
    ASSIGN_OR_RETURN(base::Certificate issuer, FindIssuer(chain.back(), candidates));
    chain.push_back(std::move(issuer));
  }
  RETURN_IF_ERROR(chain.back().CheckIssuedBy(chain.back()));
  if (chain.size() == 1) {
    return Untrusted("the PCK certificate is self-issued");
  }
  return chain;
}

Check CheckRoot(const base::Certificate& root, const ReferenceValues& reference) {
  const absl::StatusOr<base::Bytes> spki = root.SpkiSha256();
  const std::string found = spki.ok() ? base::HexEncode(*spki) : "no key";
  const base::Bytes der = root.ToDer();
  const bool given =
      std::any_of(reference.roots.begin(), reference.roots.end(),
                  [&](const base::Certificate& c) { return c.IsSelfIssued() && c.ToDer() == der; });
  return {.name = "chain.root",
          .passed = found == kIntelRootSpki || given,
          .expected = "Intel SGX Root CA (key sha256:" + std::string(kIntelRootSpki) +
                      ") or a root among the references",
          .found = "\"" + root.Subject() + "\" (key sha256:" + found + ")"};
}

std::string Names(const CertificateChain& chain) {
  std::string names;
  for (const base::Certificate& certificate : chain) {
    names += (names.empty() ? "" : " < ") + certificate.CommonName();
  }
  return names;
}

// OK when a CRL of the issuer, valid then, does not list the certificate.
absl::Status CheckNotRevoked(const base::Certificate& certificate, const base::Certificate& issuer,
                             const std::vector<base::RevocationList>& lists, absl::Time at) {
  absl::Status last = Untrusted("no CRL of \"" + issuer.CommonName() + "\" is given");
  bool judged = false;
  for (const base::RevocationList& list : lists) {
    if (!list.Covers(certificate) || !list.CheckIssuedBy(issuer).ok()) {
      continue;
    }
    // An entry stays true when its list gets old.
    if (list.Revokes(certificate)) {
      return Untrusted("\"" + certificate.CommonName() + "\" is revoked");
    }
    ASSIGN_OR_RETURN(const absl::Time from, list.ThisUpdate());
    ASSIGN_OR_RETURN(const absl::Time until, list.NextUpdate());
    judged = judged || (at >= from && at <= until);
    last = Untrusted("the CRL of \"" + issuer.CommonName() + "\" is of " +
                     absl::FormatTime(from, absl::UTCTimeZone()) + " to " +
                     absl::FormatTime(until, absl::UTCTimeZone()));
  }
  return judged ? absl::OkStatus() : last;
}

absl::Status JudgeRevocation(const CertificateChain& chain, const ReferenceValues& reference) {
  std::vector<base::RevocationList> lists;
  for (const base::Bytes& der : reference.crls) {
    ASSIGN_OR_RETURN(base::RevocationList list, base::RevocationList::FromDer(der));
    lists.push_back(std::move(list));
  }
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    RETURN_IF_ERROR(CheckNotRevoked(chain[i], chain[i + 1], lists, reference.at));
  }
  return absl::OkStatus();
}

}  // namespace

Check CheckRevocation(std::string name, const CertificateChain& chain,
                      const ReferenceValues& reference) {
  const absl::Status status = JudgeRevocation(chain, reference);
  return {.name = std::move(name),
          .passed = status.ok(),
          .expected = "no certificate revoked, by a current CRL of each issuer",
          .found = status.ok() ? "none revoked" : std::string(status.message())};
}

std::optional<CertificateChain> CheckPckChain(std::string_view pem,
                                              const ReferenceValues& reference,
                                              Appraisal& appraisal) {
  constexpr size_t kMaxBrought = 8;
  const absl::StatusOr<std::vector<base::Certificate>> brought =
      base::Certificate::ListFromPem(pem, kMaxBrought);
  const absl::StatusOr<CertificateChain> chain =
      brought.ok() ? BuildChain(*brought, reference.roots)
                   : absl::StatusOr<CertificateChain>(brought.status());
  appraisal.checks.push_back(
      {.name = "chain.signatures",
       .passed = chain.ok(),
       .expected = "a PCK certificate with its issuers up to a root",
       .found = chain.ok() ? Names(*chain) : std::string(chain.status().message())});
  if (!chain.ok()) {
    return std::nullopt;
  }
  appraisal.checks.push_back(CheckRoot(chain->back(), reference));
  appraisal.checks.push_back(CheckDates("chain.dates", *chain, reference.at));
  if (!reference.crls.empty()) {
    appraisal.checks.push_back(CheckRevocation("chain.revocation", *chain, reference));
  }
  return *chain;
}

}  // namespace attestd::appraisal
