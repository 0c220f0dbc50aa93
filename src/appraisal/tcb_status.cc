// SPDX-License-Identifier: Apache-2.0
#include "appraisal/tcb_status.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "appraisal/checks.h"
#include "appraisal/tcb_collateral.h"
#include "appraisal/tcb_match.h"
#include "base/encoding.h"

namespace attestd::appraisal {
namespace {

using tee::tdx::Quote;

constexpr std::string_view kTcbSigningName = "Intel SGX TCB Signing";

// A statement with the text that was signed.
template <typename T>
struct Statement {
  T content;
  SignedText text;
};

// What of the collateral is meant for this quote.
struct Collateral {
  std::optional<Statement<TcbInfo>> tcb_info;
  std::optional<Statement<QeIdentity>> qe_identity;
};

// The TCB info of the PCK's FMSPC before that of another.
absl::Status ConsiderTcbInfo(SignedText text, bool is_tdx, const PckExtension& pck,
                             Collateral& chosen) {
  ASSIGN_OR_RETURN(TcbInfo info, ParseTcbInfo(text.body));
  const bool fits = std::equal(info.fmspc.begin(), info.fmspc.end(), pck.fmspc.begin());
  if (info.id == (is_tdx ? "TDX" : "SGX") && (fits || !chosen.tcb_info.has_value())) {
    chosen.tcb_info = {.content = std::move(info), .text = std::move(text)};
  }
  return absl::OkStatus();
}

absl::Status ConsiderQeIdentity(SignedText text, bool is_tdx, Collateral& chosen) {
  ASSIGN_OR_RETURN(QeIdentity identity, ParseQeIdentity(text.body));
  if (identity.id == (is_tdx ? "TD_QE" : "QE")) {
    chosen.qe_identity = {.content = std::move(identity), .text = std::move(text)};
  }
  return absl::OkStatus();
}

// What is meant for another kind of quote is passed over.
absl::StatusOr<Collateral> SelectCollateral(const std::vector<std::string>& texts, bool is_tdx,
                                            const PckExtension& pck) {
  Collateral chosen;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(SignedText cut, SplitCollateral(text));
    RETURN_IF_ERROR(cut.member == "tcbInfo" ? ConsiderTcbInfo(std::move(cut), is_tdx, pck, chosen)
                                            : ConsiderQeIdentity(std::move(cut), is_tdx, chosen));
  }
  return chosen;
}

absl::StatusOr<base::Certificate> FindSigner(const CertificateChain& chain,
                                             const ReferenceValues& reference) {
  absl::Status last = base::MakeStatus(
      absl::StatusCode::kUnauthenticated,
      "no certificate \"" + std::string(kTcbSigningName) + "\" is among the references");
  for (const base::Certificate& candidate : reference.roots) {
    if (candidate.CommonName() != kTcbSigningName) {
      continue;
    }
    last = candidate.CheckIssuedBy(chain.back());
    if (last.ok()) {
      return candidate;
    }
  }
  return last;
}

absl::Status Verify(const SignedText& text, const absl::StatusOr<base::Certificate>& signer) {
  RETURN_IF_ERROR(signer.status());
  ASSIGN_OR_RETURN(const base::PublicKey key, signer->GetPublicKey());
  return key.VerifyEcdsa(base::HashAlgorithm::kSha256, base::AsBytes(text.body), text.signature);
}

Check CheckSignature(std::string name, const SignedText& text,
                     const absl::StatusOr<base::Certificate>& signer) {
  const absl::Status status = Verify(text, signer);
  return {.name = std::move(name),
          .passed = status.ok(),
          .expected = "a signature of Intel's TCB signing key under the chain's root",
          .found = status.ok() ? "a valid one" : std::string(status.message())};
}

Check CheckCurrent(std::string name, absl::Time issued, absl::Time next, absl::Time at) {
  const auto text = [](absl::Time time) { return absl::FormatTime(time, absl::UTCTimeZone()); };
  return {.name = std::move(name),
          .passed = at >= issued && at <= next,
          .expected = "a statement valid at " + text(at),
          .found = text(issued) + " to " + text(next)};
}

// A level passes unless it is revoked, or there is none.
Check CheckLevel(std::string name, const std::optional<TcbVerdict>& verdict) {
  return {.name = std::move(name),
          .passed = verdict.has_value() && verdict->status != "Revoked",
          .expected = "a level that is not revoked",
          .found = verdict.has_value() ? verdict->status : "no level matches"};
}

std::optional<TcbVerdict> JudgeTcbInfo(const Statement<TcbInfo>& info, const Quote& quote,
                                       const PckExtension& pck, const ReferenceValues& reference,
                                       Appraisal& appraisal) {
  const TcbInfo& content = info.content;
  appraisal.checks.push_back(
      CheckCurrent("tcb.dates", content.issued, content.next_update, reference.at));
  appraisal.checks.push_back(CompareTexts(
      "tcb.fmspc", base::HexEncode(content.fmspc) + "/" + base::HexEncode(content.pce_id),
      base::HexEncode(pck.fmspc) + "/" + base::HexEncode(pck.pce_id)));
  std::optional<TcbVerdict> verdict = MatchPlatform(content, quote.td(), pck);
  appraisal.checks.push_back(CheckLevel("tcb.level", verdict));
  if (verdict.has_value()) {
    appraisal.claims["tcb_date"] = verdict->date;
  }
  if (quote.td() == nullptr) {
    return verdict;
  }
  const absl::StatusOr<TcbVerdict> module = MatchModule(content, *quote.td());
  appraisal.checks.push_back(
      {.name = "tcb.module",
       .passed = module.ok() && module->status != "Revoked",
       .expected = "a TDX module of Intel's that is not revoked",
       .found = module.ok() ? module->status : std::string(module.status().message())});
  if (verdict.has_value() && module.ok()) {
    verdict = Combine(*verdict, *module);
  }
  return verdict;
}

std::optional<TcbVerdict> JudgeQeIdentity(const Statement<QeIdentity>& identity, const Quote& quote,
                                          const ReferenceValues& reference, Appraisal& appraisal) {
  const QeIdentity& content = identity.content;
  appraisal.checks.push_back(
      CheckCurrent("qe.identity.dates", content.issued, content.next_update, reference.at));
  const absl::Status fits = MatchIdentity(content, quote.qe);
  appraisal.checks.push_back({.name = "qe.identity",
                              .passed = fits.ok(),
                              .expected = "the quoting enclave that Intel names",
                              .found = fits.ok() ? "it" : std::string(fits.message())});
  std::optional<TcbVerdict> verdict = MatchIsvLevel(content.levels, quote.qe.isv_svn);
  appraisal.checks.push_back(CheckLevel("qe.identity.level", verdict));
  return verdict;
}

void PushMissing(std::string name, Appraisal& appraisal) {
  appraisal.checks.push_back({.name = std::move(name),
                              .passed = false,
                              .expected = "one for this kind of quote among the collateral",
                              .found = "none"});
}

void PublishVerdict(const TcbVerdict& verdict, Appraisal& appraisal) {
  appraisal.claims["tcb_status"] = verdict.status;
  const std::set<std::string> advisories(verdict.advisories.begin(), verdict.advisories.end());
  appraisal.claims["advisory_ids"] = advisories;
}

}  // namespace

void CheckTcb(const Quote& quote, const PckExtension& pck, const CertificateChain& chain,
              const ReferenceValues& reference, Appraisal& appraisal) {
  const absl::StatusOr<Collateral> collateral =
      SelectCollateral(reference.collateral, quote.td() != nullptr, pck);
  appraisal.checks.push_back(
      {.name = "tcb.collateral",
       .passed = collateral.ok(),
       .expected = "TCB info of version 3 and QE identity of version 2",
       .found = collateral.ok() ? "readable" : std::string(collateral.status().message())});
  if (!collateral.ok()) {
    return;
  }
  const absl::StatusOr<base::Certificate> signer = FindSigner(chain, reference);
  if (signer.ok()) {
    const CertificateChain signing = {*signer, chain.back()};
    appraisal.checks.push_back(CheckDates("tcb.signer.dates", signing, reference.at));
    if (!reference.crls.empty()) {
      appraisal.checks.push_back(CheckRevocation("tcb.signer.revocation", signing, reference));
    }
  }
  std::optional<TcbVerdict> platform;
  if (collateral->tcb_info.has_value()) {
    appraisal.checks.push_back(CheckSignature("tcb.signature", collateral->tcb_info->text, signer));
    platform = JudgeTcbInfo(*collateral->tcb_info, quote, pck, reference, appraisal);
  } else {
    PushMissing("tcb.info", appraisal);
  }
  std::optional<TcbVerdict> enclave;
  if (collateral->qe_identity.has_value()) {
    appraisal.checks.push_back(
        CheckSignature("qe.identity.signature", collateral->qe_identity->text, signer));
    enclave = JudgeQeIdentity(*collateral->qe_identity, quote, reference, appraisal);
  } else {
    PushMissing("qe.identity", appraisal);
  }
  if (platform.has_value() && enclave.has_value()) {
    PublishVerdict(Combine(*platform, *enclave), appraisal);
  }
}

}  // namespace attestd::appraisal
