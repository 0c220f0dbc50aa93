// SPDX-License-Identifier: Apache-2.0
// Tokens that come with the key that they name.
#include <openssl/bio.h>
#include <openssl/pem.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/handle.h"
#include "kbs_client/tee_key.h"
#include "test/kbs_client/world.h"

namespace attestd::kbs {
namespace {

using Key = base::Handle<EVP_PKEY, EVP_PKEY_free>;

Key ReadPem(base::ByteView pem) {
  const base::Handle<BIO, BIO_free_all> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
}

// A number of the key, Base64url, as its JWK has it.
std::string Number(const Key& key, const char* name, size_t size) {
  BIGNUM* raw = nullptr;
  REQUIRE(EVP_PKEY_get_bn_param(key.get(), name, &raw) == 1);
  const base::Handle<BIGNUM, BN_free> number(raw);
  base::Bytes bytes(size);
  REQUIRE(BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(size)) ==
          static_cast<int>(size));
  return base::Base64UrlEncode(bytes);
}

base::Json TeePubkey(const std::string& jwt) {
  const size_t dot = jwt.find('.');
  const base::Bytes claims =
      base::Base64UrlDecode(jwt.substr(dot + 1, jwt.find('.', dot + 1) - dot - 1)).value();
  const base::Json json = base::ParseJson(base::AsText(claims)).value();
  return json.at(base::Json::json_pointer(
      "/submods/cpu0/ear.veraison.annotated-evidence/runtime_data_claims/tee-pubkey"));
}

TEST_CASE("The private key is PEM in guest-components' form, and the public one's") {
  struct Row {
    TeeKeyKind kind;
    std::string begins;
    const char* number;
    std::string member;
    size_t size;
  };
  const auto row =
      GENERATE(Row{TeeKeyKind::kEcP256, "-----BEGIN PRIVATE KEY-----\n", "qx", "x", 32},
               Row{TeeKeyKind::kEcP521, "-----BEGIN PRIVATE KEY-----\n", "qy", "y", 66},
               Row{TeeKeyKind::kRsaOaep256, "-----BEGIN RSA PRIVATE KEY-----\n", "n", "n", 256});
  const TeeKey key = TeeKey::Generate(row.kind).value();
  const auto pem = key.PrivatePem();
  REQUIRE(pem.ok());
  CHECK(base::AsText(pem->view()).starts_with(row.begins));
  const Key read = ReadPem(pem->view());
  REQUIRE(read != nullptr);
  CHECK(Number(read, row.number, row.size) == key.PublicJwk().value()[row.member]);
}

TEST_CASE("An exported key is that of its token, and not the one that secrets come to") {
  World world({.export_key = true});
  REQUIRE(world.GetSecret().ok());
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
  const auto token = world.client->GetToken(Soon());
  REQUIRE(token.ok());
  const Key key = ReadPem(token->key.view());
  REQUIRE(key != nullptr);
  CHECK(Number(key, "qx", 32) == TeePubkey(std::string(base::AsText(token->jwt.view())))["x"]);
  // Its handshake is its own: the session's key has not left.
  CHECK(world.broker->Count("/kbs/v0/auth") == 2);
  REQUIRE(world.GetSecret().ok());
  CHECK(world.broker->Count("/kbs/v0/auth") == 2);
}

TEST_CASE("Callers share an exported key as long as its token is good") {
  World world({.export_key = true});
  const auto one = world.client->GetToken(Soon());
  const auto two = world.client->GetToken(Soon());
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  CHECK(one->jwt.ConstantTimeEquals(two->jwt.view()));
  CHECK(one->key.ConstantTimeEquals(two->key.view()));
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
}

}  // namespace
}  // namespace attestd::kbs
