// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/jwe.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/json.h"
#include "test/dev_kbs/jwe_encrypt.h"
#include "test/support/vectors.h"

namespace attestd::kbs {
namespace {

using base::Json;
using base::Secret;

bool IsRejected(const absl::Status& status) {
  return absl::IsInternal(status) && base::GetReason(status) == base::Reason::kReplyRejected;
}

// A key of ours and a JWE to it, as JSON.
struct Sealed {
  TeeKey key;
  Json body;
};

Sealed Seal(std::string_view plaintext) {
  auto key = TeeKey::Generate();
  REQUIRE(key.ok());
  const auto body =
      dev_kbs::EncryptToTee(*key->PublicJwk(), *Secret::Copy(base::AsBytes(plaintext)));
  REQUIRE(body.ok());
  return {.key = *std::move(key), .body = Json::parse(*body)};
}

absl::StatusOr<Secret> Open(const Sealed& sealed) {
  ASSIGN_OR_RETURN(const JweEnvelope envelope, ParseJwe(sealed.body.dump()));
  return DecryptJwe(envelope, sealed.key);
}

Json Header(const Json& body) {
  const auto bytes = base::Base64UrlDecode(body["protected"].get<std::string>());
  return Json::parse(base::AsText(*bytes));
}

void SetHeader(Json& body, const Json& header) {
  body["protected"] = base::Base64UrlEncode(base::AsBytes(header.dump()));
}

TEST_CASE("A JWE opens to the bytes that were sealed") {
  const std::string plaintext = GENERATE(std::string(), std::string("x"), std::string("a\0b\0", 4),
                                         std::string(size_t{1} << 20, '\xa5'));
  const auto secret = Open(Seal(plaintext));
  REQUIRE(secret.ok());
  CHECK(secret->ConstantTimeEquals(base::AsBytes(plaintext)));
}

TEST_CASE("The JWE of an independent implementation opens") {
  const auto text = test::ReadVector("synthetic/jwe-responses.json");
  if (!text.has_value()) {
    return;
  }
  const Json vectors = Json::parse(*text);
  const Json& entry = vectors["cases"][0];
  REQUIRE(entry["name"] == "EC P-256");
  const auto coordinate = [&entry](const char* name) {
    return *base::Base64UrlDecode(entry["private_jwk"][name].get<std::string>());
  };
  const auto key =
      TeeKey::FromPrivate(coordinate("d"), {.x = coordinate("x"), .y = coordinate("y")});
  REQUIRE(key.ok());
  CHECK(*key->PublicJwk() == entry["tee_pubkey"]);
  const auto envelope = ParseJwe(entry["jwe"].dump());
  REQUIRE(envelope.ok());
  const auto z = key->Agree(envelope->epk);
  REQUIRE(z.ok());
  CHECK(base::HexEncode(z->view()) == entry["intermediate"]["z"]);
  const auto secret = DecryptJwe(*envelope, *key);
  REQUIRE(secret.ok());
  CHECK(base::Base64Encode(secret->view()) == vectors["plaintext_b64"]);
}

TEST_CASE("Case 59: any other protected header is refused") {
  Sealed sealed = Seal("secret");
  Json header = Header(sealed.body);
  const std::string change = GENERATE(as<std::string>{}, "RSA1_5", "RSA-OAEP", "dir", "A128KW",
                                      "none", "PBES2-HS256+A128KW", "crit", "zip", "apu", "kid");
  if (change == "crit" || change == "zip" || change == "apu" || change == "kid") {
    header[change] = "DEF";
  } else {
    header["alg"] = change;
  }
  SetHeader(sealed.body, header);
  CHECK(IsRejected(Open(sealed).status()));
}

TEST_CASE("Case 60: another content encryption, IV, tag or member is refused") {
  Sealed sealed = Seal("secret");
  const int which = GENERATE(range(0, 6));
  Json header = Header(sealed.body);
  switch (which) {
    case 0:
      header["enc"] = "A128CBC-HS256";
      SetHeader(sealed.body, header);
      break;
    case 1:
      sealed.body["iv"] = base::Base64UrlEncode(base::Bytes(16));
      break;
    case 2:
      sealed.body["tag"] = base::Base64UrlEncode(base::Bytes(12));
      break;
    case 3:
      sealed.body.erase("tag");
      break;
    case 4:
      sealed.body["aad"] = "YWFk";
      break;
    default:
      sealed.body["ciphertext"] = sealed.body["ciphertext"].get<std::string>() + "=";
      break;
  }
  CHECK(IsRejected(Open(sealed).status()));
}

TEST_CASE("Case 61: an ephemeral key that is no P-256 point is refused") {
  Sealed sealed = Seal("secret");
  Json header = Header(sealed.body);
  Json& epk = header["epk"];
  const std::string p_minus_0 = base::Base64UrlEncode(
      *base::HexDecode("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"));
  const int which = GENERATE(range(0, 7));
  switch (which) {
    case 0:  // off the curve
      epk["y"] = epk["x"];
      break;
    case 1:  // the nearest thing to infinity
      epk["x"] = epk["y"] = base::Base64UrlEncode(base::Bytes(32));
      break;
    case 2:  // x = p
      epk["x"] = p_minus_0;
      break;
    case 3:
      epk["crv"] = "P-521";
      break;
    case 4:
      epk["x"] = base::Base64UrlEncode(base::Bytes(31, 1));
      break;
    case 5:
      epk["d"] = epk["x"];
      break;
    default:
      header.erase("epk");
      break;
  }
  SetHeader(sealed.body, header);
  CHECK(IsRejected(Open(sealed).status()));
}

TEST_CASE("Case 62: a wrapped key that does not unwrap fails at the tag, with one error") {
  Sealed sealed = Seal("secret");
  std::string cause;
  for (const size_t size : {size_t{0}, size_t{8}, size_t{24}, size_t{40}, size_t{48}}) {
    sealed.body["encrypted_key"] = base::Base64UrlEncode(base::Bytes(size, 7));
    const absl::Status status = Open(sealed).status();
    CHECK(IsRejected(status));
    CHECK((cause.empty() || cause == std::string(status.message())));
    cause = std::string(status.message());
  }
}

TEST_CASE("Case 63: no flipped bit goes unnoticed") {
  Sealed sealed = Seal("a secret of some length");
  REQUIRE(Open(sealed).ok());
  const std::string member = GENERATE("ciphertext", "tag", "iv", "encrypted_key");
  const base::Bytes good = *base::Base64UrlDecode(sealed.body[member].get<std::string>());
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    base::Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    sealed.body[member] = base::Base64UrlEncode(bad);
    CHECK(IsRejected(Open(sealed).status()));
  }
}

TEST_CASE("Case 63: swapped or truncated ciphertexts are refused") {
  Sealed first = Seal("one");
  const auto second =
      dev_kbs::EncryptToTee(*first.key.PublicJwk(), *Secret::Copy(base::AsBytes("two")));
  const Json other = Json::parse(*second);
  first.body["ciphertext"] = other["ciphertext"];
  CHECK(IsRejected(Open(first).status()));
  first.body["tag"] = other["tag"];
  CHECK(IsRejected(Open(first).status()));
  first.body["ciphertext"] = "";
  CHECK(IsRejected(Open(first).status()));
}

TEST_CASE("Case 64: a JWE for another key is refused") {
  Sealed first = Seal("one");
  first.body = Seal("one").body;
  CHECK(IsRejected(Open(first).status()));
}

}  // namespace
}  // namespace attestd::kbs
