// SPDX-License-Identifier: Apache-2.0
#include "appraisal/snp_chain.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "appraisal/checks.h"
#include "base/encoding.h"

namespace attestd::appraisal {
namespace {

using base::Certificate;
using tee::snp::Generation;
using tee::snp::Report;

// SHA-256 of the DER SubjectPublicKeyInfo of AMD's roots, as AMD's key distribution service gives
// them (https://kdsintf.amd.com/vcek/v1/<product>/cert_chain).
struct RootPin {
  std::string_view product;
  std::string_view spki_sha256;
};
constexpr std::array<RootPin, 3> kRootPins = {{
    {"Milan", "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9"},
    {"Genoa", "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831"},
    {"Turin", "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08"},
}};

// KEY_INFO bits 4:2 (firmware ABI 56860).
constexpr uint32_t kSigningKeyVcek = 0;
constexpr uint32_t kSigningKeyVlek = 1;

uint32_t SigningKey(const Report& report) { return (report.key_info >> 2) & 7; }

// Common names of AMD's certificates (57230, "Certificate chain").
std::string LeafName(const Report& report) { return "SEV-" + SnpSigningKey(report); }

std::string IntermediateName(const Report& report, std::string_view product) {
  return (SigningKey(report) == kSigningKeyVlek ? "SEV-VLEK-" : "SEV-") + std::string(product);
}

std::string RootName(std::string_view product) { return "ARK-" + std::string(product); }

// The products that the report may come from. Version 2 does not tell Milan from Genoa.
std::vector<std::string_view> Products(const Report& report) {
  const absl::StatusOr<Generation> generation = tee::snp::GenerationOf(report);
  if (!generation.ok()) {
    return {};
  }
  const bool names_processor = report.cpuid_fam_id.has_value();
  switch (*generation) {
    case Generation::kMilan:
      return names_processor ? std::vector<std::string_view>{"Milan"}
                             : std::vector<std::string_view>{"Milan", "Genoa"};
    case Generation::kGenoa:
      return {"Genoa"};
    case Generation::kTurin:
      return {"Turin"};
  }
  return {};
}

// What vouches for the leaf; nothing where it was not found.
struct Chain {
  std::optional<Certificate> leaf;
  std::optional<Certificate> intermediate;
  std::optional<Certificate> root;

  std::vector<Certificate> Links() const {
    std::vector<Certificate> links;
    for (const std::optional<Certificate>& link : {leaf, intermediate, root}) {
      if (link.has_value()) {
        links.push_back(*link);
      }
    }
    return links;
  }
};

std::optional<Certificate> FindIssuer(const std::optional<Certificate>& of, bool self_issued,
                                      std::span<const Certificate> candidates) {
  if (!of.has_value()) {
    return std::nullopt;
  }
  const auto found =
      std::find_if(candidates.begin(), candidates.end(), [&](const Certificate& candidate) {
        return candidate.IsCa() && candidate.IsSelfIssued() == self_issued &&
               of->CheckIssuedBy(candidate).ok() &&
               (!self_issued || candidate.CheckIssuedBy(candidate).ok());
      });
  return found == candidates.end() ? std::nullopt : std::optional(*found);
}

std::string Subjects(std::span<const Certificate> certificates) {
  std::string text;
  for (const Certificate& certificate : certificates) {
    text += (text.empty() ? "\"" : ", \"") + certificate.Subject() + "\"";
  }
  return text.empty() ? "no certificate" : text;
}

Check CheckSignatures(const Report& report, const Chain& chain,
                      std::span<const Certificate> candidates) {
  Check check{.name = "chain.signatures",
              .passed = chain.root.has_value(),
              .expected = SnpSigningKey(report) + ", signed by an intermediate, signed by a root",
              .found = ""};
  if (!chain.leaf.has_value()) {
    check.found = "no " + LeafName(report) + " in " + Subjects(candidates);
  } else if (!chain.intermediate.has_value()) {
    check.found = "nothing signs \"" + chain.leaf->Subject() + "\" among " + Subjects(candidates);
  } else if (!chain.root.has_value()) {
    check.found =
        "no root signs \"" + chain.intermediate->Subject() + "\" among " + Subjects(candidates);
  } else {
    check.found = Subjects(chain.Links());
  }
  return check;
}

Check CheckProduct(const Report& report, const Chain& chain) {
  Check check{.name = "chain.product",
              .passed = false,
              .expected = "",
              .found = (chain.intermediate.has_value() ? chain.intermediate->Subject() : "none") +
                       " and " + (chain.root.has_value() ? chain.root->Subject() : "none")};
  for (const std::string_view product : Products(report)) {
    check.expected += (check.expected.empty() ? "" : ", or ") + IntermediateName(report, product) +
                      " and " + RootName(product);
    check.passed =
        check.passed || (chain.intermediate.has_value() && chain.root.has_value() &&
                         chain.intermediate->CommonName() == IntermediateName(report, product) &&
                         chain.root->CommonName() == RootName(product));
  }
  return check;
}

Check CheckRoot(const Chain& chain, const ReferenceValues& reference) {
  Check check{.name = "chain.root",
              .passed = false,
              .expected = "the key of AMD's ARK for Milan, Genoa or Turin, or a given root",
              .found = "no root"};
  if (!chain.root.has_value()) {
    return check;
  }
  const absl::StatusOr<base::Bytes> digest = chain.root->SpkiSha256();
  const std::string spki = digest.ok() ? base::HexEncode(*digest) : "";
  const bool pinned = std::any_of(kRootPins.begin(), kRootPins.end(),
                                  [&](const RootPin& pin) { return pin.spki_sha256 == spki; });
  const base::Bytes der = chain.root->ToDer();
  const bool given = std::any_of(reference.roots.begin(), reference.roots.end(),
                                 [&](const Certificate& root) { return root.ToDer() == der; });
  check.passed = pinned || given;
  check.found = "\"" + chain.root->Subject() + "\", key sha256:" + spki;
  return check;
}

}  // namespace

std::string SnpSigningKey(const Report& report) {
  switch (SigningKey(report)) {
    case kSigningKeyVcek:
      return "VCEK";
    case kSigningKeyVlek:
      return "VLEK";
    default:
      return "key " + std::to_string(SigningKey(report));
  }
}

std::vector<Certificate> SnpCandidates(std::span<const Certificate> certificates,
                                       const ReferenceValues& reference) {
  std::vector<Certificate> candidates(certificates.begin(), certificates.end());
  std::copy(reference.roots.begin(), reference.roots.end(), std::back_inserter(candidates));
  return candidates;
}

std::vector<Certificate> SnpLeaves(const Report& report, std::span<const Certificate> candidates) {
  const std::string name = LeafName(report);
  std::vector<Certificate> leaves;
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(leaves),
               [&](const Certificate& candidate) {
                 return candidate.CommonName() == name && !candidate.IsCa();
               });
  return leaves;
}

void CheckSnpChain(const Report& report, const std::optional<Certificate>& leaf,
                   std::span<const Certificate> candidates, const ReferenceValues& reference,
                   Appraisal& appraisal) {
  Chain chain;
  chain.leaf = leaf;
  chain.intermediate = FindIssuer(chain.leaf, /*self_issued=*/false, candidates);
  chain.root = FindIssuer(chain.intermediate, /*self_issued=*/true, candidates);
  appraisal.checks.push_back(CheckSignatures(report, chain, candidates));
  appraisal.checks.push_back(CheckProduct(report, chain));
  appraisal.checks.push_back(CheckRoot(chain, reference));
  appraisal.checks.push_back(CheckDates("chain.dates", chain.Links(), reference.at));
}

}  // namespace attestd::appraisal
