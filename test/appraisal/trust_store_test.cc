// SPDX-License-Identifier: Apache-2.0
#include "appraisal/trust_store.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/encoding.h"
#include "test/fakes/cca_signer.h"
#include "test/fakes/crl_issuer.h"
#include "test/fakes/x509_issuer.h"
#include "test/support/temp_dir.h"

namespace attestd::appraisal {
namespace {

using base::Bytes;
using base::Certificate;
using fakes::PrivateKey;

struct Authority {
  PrivateKey key = PrivateKey::Ec(base::PublicKey::Curve::kP256).value();
  Certificate certificate =
      fakes::IssueCertificate({.subject = "root", .issuer = "root", .serial = 1, .ca = true}, key,
                              key)
          .value();
  Bytes crl = fakes::IssueCrl({}, certificate, key).value();
};

const Authority& Root() {
  static const Authority root;
  return root;
}

std::string Pem(const std::string& name, base::ByteView der) {
  std::string text = "-----BEGIN " + name + "-----\n";
  const std::string base64 = base::Base64Encode(der);
  for (size_t i = 0; i < base64.size(); i += 64) {
    text += base64.substr(i, 64) + "\n";
  }
  return text + "-----END " + name + "-----\n";
}

std::string PublicPem(const PrivateKey& key) {
  return Pem("PUBLIC KEY", key.GetPublicKey().value().ToSpkiDer().value());
}

std::string Text(base::ByteView bytes) { return std::string(base::AsText(bytes)); }

void Write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

TEST_CASE("Certificates are trusted in DER and in PEM, one or several") {
  const Certificate& root = Root().certificate;
  ReferenceValues reference;
  CHECK(AddTrusted(Text(root.ToDer()), reference).ok());
  CHECK(AddTrusted(root.ToPem(), reference).ok());
  CHECK(AddTrusted("a note\n" + root.ToPem() + "\n" + root.ToPem(), reference).ok());
  REQUIRE(reference.roots.size() == 4);
  CHECK(reference.roots[3].ToDer() == root.ToDer());
}

TEST_CASE("Public keys are trusted in PEM and as JWK, for whatever platform they fit") {
  const PrivateKey rsa = PrivateKey::Rsa(2048).value();
  const fakes::CcaSigner cca = fakes::CcaSigner::Create().value();
  const fakes::CcaSigner small = fakes::CcaSigner::Create(base::PublicKey::Curve::kP256).value();
  ReferenceValues reference;
  CHECK(AddTrusted(PublicPem(rsa), reference).ok());
  CHECK(AddTrusted(cca.PlatformJwk().value(), reference).ok());
  CHECK(AddTrusted("\n " + small.PlatformJwk().value(), reference).ok());
  REQUIRE(reference.trusted_aks.size() == 3);
  REQUIRE(reference.platform_keys.size() == 3);
  CHECK(reference.trusted_aks[0] == rsa.GetPublicKey().value().ToSpkiDer().value());
  CHECK(reference.platform_keys[1].ToSpkiDer().value() ==
        cca.platform_key().value().ToSpkiDer().value());
  CHECK(reference.platform_keys[2].bits() == 256);
}

TEST_CASE("CRLs are taken in DER and in PEM, beside certificates and keys") {
  ReferenceValues reference;
  CHECK(AddTrusted(Text(Root().crl), reference).ok());
  CHECK(AddTrusted(Root().certificate.ToPem() + Pem("X509 CRL", Root().crl) + PublicPem(Root().key),
                   reference)
            .ok());
  CHECK(reference.crls == std::vector<Bytes>{Root().crl, Root().crl});
  CHECK(reference.roots.size() == 1);
  CHECK(reference.trusted_aks.size() == 1);
}

TEST_CASE("Intel's collateral is kept as the text that it is") {
  const std::string tcb = R"({"tcbInfo":{"version":3},"signature":"00"})";
  const std::string qe = R"({"enclaveIdentity":{"id":"TD_QE"},"signature":"00"})";
  ReferenceValues reference;
  CHECK(AddTrusted(tcb, reference).ok());
  CHECK(AddTrusted(qe, reference).ok());
  CHECK(reference.collateral == std::vector<std::string>{tcb, qe});
}

TEST_CASE("What is nothing that can be trusted is refused") {
  const std::string certificate = Text(Root().certificate.ToDer());
  const std::string jwk = fakes::CcaSigner::Create().value().PlatformJwk().value();
  std::string off_curve = jwk;
  const size_t x = off_curve.find("\"x\":\"") + 5;
  off_curve[x] = off_curve[x] == 'A' ? 'B' : 'A';
  Bytes key_and_more = Root().key.GetPublicKey()->ToSpkiDer().value();
  key_and_more.push_back(0);
  const std::string content = GENERATE_COPY(
      std::string(), std::string("a text"), std::string(64, '\0'), std::string("{}"),
      std::string("{"), std::string(R"({"kty":"oct","k":"AA"})"),
      std::string(R"({"kty":"EC","crv":"P-521","x":"AA","y":"AA"})"),
      std::string(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})"), off_curve, certificate + "x",
      certificate.substr(0, 100), "-----BEGIN CERTIFICATE-----\nAA==\n",
      Pem("CERTIFICATE", Bytes(10)), Pem("PUBLIC KEY", Bytes(10)), Pem("X509 CRL", Bytes(10)),
      Root().certificate.ToPem() + Pem("CERTIFICATE", Bytes(10)), Root().key.ToPem().value(),
      Pem("X509 CRL", fakes::IssueCrl({.delta = true}, Root().certificate, Root().key).value()),
      Pem("PUBLIC KEY", key_and_more));
  CAPTURE(content);
  ReferenceValues reference;
  CHECK(absl::IsInvalidArgument(AddTrusted(content, reference)));
}

TEST_CASE("A folder is trusted with every regular file in it, whatever its name") {
  const test::TempDir folder;
  std::filesystem::create_directory(folder.File("below"));
  Write(folder.File("below/ignored"), "a text");
  Write(folder.File("b"), Root().certificate.ToPem());
  Write(folder.File("a.txt"), Text(Root().crl));
  ReferenceValues reference;
  CHECK(LoadTrusted(folder.path(), reference).ok());
  CHECK(reference.roots.size() == 1);
  CHECK(reference.crls.size() == 1);

  CHECK(LoadTrusted(folder.File("b"), reference).ok());
  CHECK(reference.roots.size() == 2);

  Write(folder.File("c"), "a text");
  const absl::Status status = LoadTrusted(folder.path(), reference);
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()), Catch::StartsWith(folder.File("c") + ": "));
}

TEST_CASE("What is not there, too large or too much is refused by name") {
  const test::TempDir folder;
  ReferenceValues reference;
  const absl::Status missing = LoadTrusted(folder.File("none"), reference);
  CHECK(absl::IsInvalidArgument(missing));
  CHECK_THAT(std::string(missing.message()), Catch::Contains(folder.File("none")));

  Write(folder.File("large"), std::string((1 << 20) + 1, ' '));
  const absl::Status large = LoadTrusted(folder.path(), reference);
  CHECK(absl::IsInvalidArgument(large));
  CHECK_THAT(std::string(large.message()), Catch::Contains(folder.File("large")));

  for (int i = 0; i < 300; ++i) {
    Write(folder.File(std::to_string(i)), "x");
  }
  CHECK_THAT(std::string(LoadTrusted(folder.path(), reference).message()),
             Catch::Contains("more than 256 files"));
  CHECK_THAT(std::string(AddTrusted(
                             [] {
                               std::string many;
                               for (int i = 0; i < 65; ++i) {
                                 many += Root().certificate.ToPem();
                               }
                               return many;
                             }(),
                             reference)
                             .message()),
             Catch::Contains("more than 64 PEM blocks"));
}

TEST_CASE("Certificates beside a report are read in PEM and in DER, and nothing else") {
  const Certificate& root = Root().certificate;
  CHECK(ParseCertificates(Text(root.ToDer())).value().size() == 1);
  CHECK(ParseCertificates(root.ToPem() + root.ToPem()).value().size() == 2);
  for (const std::string& bad :
       {std::string(), std::string("x"), Text(Root().crl), PublicPem(Root().key)}) {
    CAPTURE(bad);
    CHECK(absl::IsInvalidArgument(ParseCertificates(bad).status()));
  }
}

}  // namespace
}  // namespace attestd::appraisal
