// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/jwe_encrypt.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "test/dev_kbs/jwe_open.h"
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
TEST_CASE("The test's own opener opens the synthetic P-256 answer") {
  const auto text = test::ReadVector("synthetic/jwe-responses.json");
  if (!text.has_value()) {
    WARN("skipped: no vectors");
    return;
  }
  const base::Json vector = base::Json::parse(*text);
  const base::Json& first = vector["cases"][0];
  const KeyHandle key = PrivateEcKeyFromJwk(first["private_jwk"]).value();
  CHECK(base::Base64Encode(OpenJwe(key.get(), first["jwe"].dump()).value()) ==
        vector["plaintext_b64"]);
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
