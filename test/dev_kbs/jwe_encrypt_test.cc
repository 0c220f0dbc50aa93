// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/jwe_encrypt.h"

#include <openssl/rsa.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "test/dev_kbs/jwe_open.h"
#include "test/dev_kbs/rsa_key.h"
#include "test/support/vectors.h"

namespace attestd::dev_kbs {
namespace {

struct Recipient {
  KeyHandle key = GenerateEcKey(kP256).value();
  base::Json jwk = [this] {
    base::Json value = PublicEcJwk(kP256, *key).value();
    value["alg"] = "ECDH-ES+A256KW";
    return value;
  }();
};

base::Json Encrypted(const Recipient& recipient, std::string_view plaintext) {
  const base::Secret secret = base::Secret::Copy(base::AsBytes(plaintext)).value();
  return base::Json::parse(EncryptToTee(recipient.jwk, secret).value());
}

// The positive control of the opener that the other tests use.
TEST_CASE("The test's own opener opens the synthetic answers to EC keys") {
  const auto text = test::ReadVector("synthetic/jwe-responses.json");
  if (!text.has_value()) {
    return;
  }
  const base::Json vector = base::Json::parse(*text);
  const base::Json& entry = vector["cases"][GENERATE(0U, 1U)];
  const KeyHandle key = PrivateEcKeyFromJwk(entry["private_jwk"]).value();
  CHECK(base::Base64Encode(OpenJwe(key.get(), entry["jwe"].dump()).value()) ==
        vector["plaintext_b64"]);
}

TEST_CASE("An answer to a P-521 key opens") {
  const KeyHandle key = GenerateEcKey(kP521).value();
  base::Json jwk = PublicEcJwk(kP521, *key).value();
  jwk["alg"] = "ECDH-ES+A256KW";
  const base::Secret secret = base::Secret::Copy(base::AsBytes("secret")).value();
  CHECK(base::AsText(OpenJwe(key.get(), EncryptToTee(jwk, secret).value()).value()) == "secret");
}

TEST_CASE("An answer to an RSA key opens, in the legacy form for RSA1_5 alone") {
  const KeyHandle key(EVP_RSA_gen(2048));
  base::Json jwk = PublicRsaJwk(*key).value();
  const base::Secret secret = base::Secret::Copy(base::AsBytes("secret")).value();
  for (const char* alg : {"RSA-OAEP-256", "RSA1_5"}) {
    jwk["alg"] = alg;
    CHECK(base::AsText(OpenJwe(key.get(), EncryptToTee(jwk, secret).value()).value()) == "secret");
  }
  const base::Json legacy = base::Json::parse(EncryptToTee(jwk, secret, JweForm::kLegacy).value());
  CHECK(legacy["protected"] == R"({"alg":"RSA1_5","enc":"A256GCM"})");
  CHECK(legacy["tag"] == "");
  CHECK(base::AsText(OpenJwe(key.get(), legacy.dump()).value()) == "secret");
  jwk["alg"] = "RSA-OAEP-256";
  CHECK(EncryptToTee(jwk, secret, JweForm::kLegacy).status().code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE("An answer has Trustee's members and header") {
  const Recipient recipient;
  const base::Json jwe = Encrypted(recipient, "secret");
  CHECK(jwe.size() == 5);
  const base::Bytes text = base::Base64UrlDecode(jwe["protected"].get<std::string>()).value();
  const base::Json header = base::Json::parse(base::AsText(text));
  CHECK(header.size() == 3);
  CHECK(header["alg"] == "ECDH-ES+A256KW");
  CHECK(header["enc"] == "A256GCM");
  CHECK(header["epk"].size() == 4);
  CHECK(header["epk"]["crv"] == "P-256");
  CHECK(header["epk"]["kty"] == "EC");
  CHECK(base::Base64UrlDecode(jwe["iv"].get<std::string>()).value().size() == 12);
  CHECK(base::Base64UrlDecode(jwe["tag"].get<std::string>()).value().size() == 16);
  CHECK(base::Base64UrlDecode(jwe["encrypted_key"].get<std::string>()).value().size() == 40);
  CHECK(base::AsText(OpenJwe(recipient.key.get(), jwe.dump()).value()) == "secret");
}

TEST_CASE("Every answer has its own key and IV") {
  const Recipient recipient;
  const base::Json first = Encrypted(recipient, "secret");
  const base::Json second = Encrypted(recipient, "secret");
  const std::string member = GENERATE("protected", "encrypted_key", "iv", "ciphertext", "tag");
  CHECK(first[member] != second[member]);
}

TEST_CASE("An answer that was changed in any member does not open") {
  const Recipient recipient;
  base::Json jwe = Encrypted(recipient, "secret");
  const std::string member = GENERATE("encrypted_key", "iv", "ciphertext", "tag");
  auto& text = jwe[member].get_ref<std::string&>();
  text[0] = text[0] == 'A' ? 'B' : 'A';
  CHECK_FALSE(OpenJwe(recipient.key.get(), jwe.dump()).ok());
}

TEST_CASE("A key that is not a point of the curve is refused") {
  Recipient recipient;
  recipient.jwk["y"] = recipient.jwk["x"];
  const base::Secret secret = base::Secret::Copy(base::AsBytes("secret")).value();
  CHECK(EncryptToTee(recipient.jwk, secret).status().code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace attestd::dev_kbs
