// SPDX-License-Identifier: Apache-2.0
#include "base/certificate.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "test/fakes/x509_issuer.h"
#include "test/support/vectors.h"

namespace attestd::base {
namespace {

using fakes::CertificateSpec;
using fakes::PrivateKey;

// Not known to OpenSSL (AMD's HWID).
constexpr char kHwidOid[] = "1.3.6.1.4.1.3704.1.4";

PrivateKey NewKey() {
  const auto key = PrivateKey::Ec(PublicKey::Curve::kP384);
  REQUIRE(key.ok());
  return *key;
}

Certificate Issue(const CertificateSpec& spec, const PrivateKey& subject,
                  const PrivateKey& issuer) {
  const auto certificate = fakes::IssueCertificate(spec, subject, issuer);
  REQUIRE(certificate.ok());
  return *certificate;
}

Certificate NewRoot() {
  const PrivateKey key = NewKey();
  return Issue({.subject = "root", .issuer = "root", .ca = true}, key, key);
}

}  // namespace

TEST_CASE("Certificate says what it holds") {
  const PrivateKey root_key = NewKey();
  const PrivateKey leaf_key = NewKey();
  const absl::Time start = absl::FromUnixSeconds(1700000000);
  const Certificate root =
      Issue({.subject = "root", .issuer = "root", .ca = true}, root_key, root_key);
  const Certificate leaf = Issue({.subject = "leaf",
                                  .issuer = "root",
                                  .not_before = start,
                                  .not_after = start + absl::Hours(1),
                                  .extensions = {{kHwidOid, {1, 2, 3}}}},
                                 leaf_key, root_key);
  CHECK(leaf.CommonName() == "leaf");
  CHECK(leaf.Subject() == "CN=leaf,O=attestd test");
  CHECK(root.IsSelfIssued());
  CHECK_FALSE(leaf.IsSelfIssued());
  CHECK(root.IsCa());
  CHECK_FALSE(leaf.IsCa());
  CHECK(leaf.NotBefore().value() == start);
  CHECK(leaf.NotAfter().value() == start + absl::Hours(1));
  CHECK(leaf.Extension(kHwidOid) == Bytes{1, 2, 3});
  CHECK(leaf.Extension("1.3.6.1.4.1.3704.1.5") == std::nullopt);
  CHECK(leaf.Extension("no oid") == std::nullopt);

  const Bytes spki = leaf_key.GetPublicKey().value().ToSpkiDer().value();
  CHECK(leaf.GetPublicKey().value().ToSpkiDer().value() == spki);
  CHECK(leaf.SpkiSha256().value() == Hash(HashAlgorithm::kSha256, spki).value());
}

TEST_CASE("Certificate gives nothing for an extension that is there twice") {
  const PrivateKey key = NewKey();
  const Certificate certificate = Issue(
      {.subject = "twice", .issuer = "twice", .extensions = {{kHwidOid, {1}}, {kHwidOid, {2}}}},
      key, key);
  CHECK(certificate.Extension(kHwidOid) == std::nullopt);
}

TEST_CASE("Certificate escapes control characters of its subject") {
  const PrivateKey key = NewKey();
  const Certificate certificate = Issue({.subject = "a\nb", .issuer = "a\nb"}, key, key);
  CHECK(certificate.Subject() == "CN=a\\0Ab,O=attestd test");
}

TEST_CASE("Certificate is read from DER and PEM and written back unchanged") {
  const Certificate root = NewRoot();
  const Bytes der = root.ToDer();
  CHECK(Certificate::FromDer(der).value().ToDer() == der);
  const auto list = Certificate::ListFromPem("text before\n" + root.ToPem() + root.ToPem());
  REQUIRE(list.ok());
  REQUIRE(list->size() == 2);
  CHECK(list->at(1).ToDer() == der);
}

TEST_CASE("Certificate passes over other blocks of PEM text") {
  const auto key = NewKey().ToPem();
  REQUIRE(key.ok());
  const Certificate root = NewRoot();
  const auto list = Certificate::ListFromPem(*key + root.ToPem());
  REQUIRE(list.ok());
  CHECK(list->size() == 1);
}

TEST_CASE("Certificate refuses what is no certificate") {
  const Certificate root = NewRoot();
  Bytes der = root.ToDer();
  REQUIRE(Certificate::FromDer(der).ok());
  der.push_back(0);
  CHECK(absl::IsInvalidArgument(Certificate::FromDer(der).status()));
  der.resize(der.size() - 2);
  CHECK(absl::IsInvalidArgument(Certificate::FromDer(der).status()));
  CHECK(absl::IsInvalidArgument(Certificate::FromDer({}).status()));

  const std::string pem = root.ToPem();
  REQUIRE(Certificate::ListFromPem(pem, 1).ok());
  CHECK(absl::IsInvalidArgument(Certificate::ListFromPem(pem + pem, 1).status()));
  CHECK(absl::IsInvalidArgument(Certificate::ListFromPem("").status()));
  CHECK(absl::IsInvalidArgument(Certificate::ListFromPem(pem.substr(0, pem.size() - 30)).status()));
  CHECK(absl::IsInvalidArgument(Certificate::ListFromPem("-----BEGIN CERTIFICATE-----\nAAAA\n"
                                                         "-----END CERTIFICATE-----\n")
                                    .status()));
}

TEST_CASE("Certificate is issued by who signed it, and by nobody else") {
  const PrivateKey root_key = PrivateKey::Rsa(2048).value();
  const PrivateKey leaf_key = NewKey();
  const Certificate root =
      Issue({.subject = "root", .issuer = "root", .ca = true}, root_key, root_key);
  const Certificate leaf = Issue({.subject = "leaf", .issuer = "root"}, leaf_key, root_key);
  CHECK(leaf.CheckIssuedBy(root).ok());
  CHECK(root.CheckIssuedBy(root).ok());

  const Certificate namesake = NewRoot();
  CHECK(absl::IsUnauthenticated(leaf.CheckIssuedBy(namesake)));
  const Certificate other =
      Issue({.subject = "other", .issuer = "other", .ca = true}, root_key, root_key);
  CHECK(absl::IsUnauthenticated(leaf.CheckIssuedBy(other)));
}

TEST_CASE("Certificate reads AMD's roots: RSASSA-PSS, pinned by their keys") {
  const auto pem = test::ReadVector("snp/roots/milan_ask_ark_asvk.pem");
  if (!pem.has_value()) {
    return;
  }
  const auto list = Certificate::ListFromPem(*pem);
  REQUIRE(list.ok());
  REQUIRE(list->size() == 3);
  CHECK(list->at(1).IsSelfIssued());
  CHECK(HexEncode(list->at(1).SpkiSha256().value()) ==
        "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9");
  CHECK(list->at(0).CheckIssuedBy(list->at(1)).ok());
  CHECK(list->at(1).CheckIssuedBy(list->at(1)).ok());
  CHECK(list->at(2).CheckIssuedBy(list->at(1)).ok());
  CHECK(absl::IsUnauthenticated(list->at(1).CheckIssuedBy(list->at(0))));
}

}  // namespace attestd::base
