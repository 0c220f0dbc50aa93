// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/jwe.h"

#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/json.h"
#include "test/dev_kbs/ec_key.h"
#include "test/dev_kbs/jwe_encrypt.h"

namespace attestd::kbs {
namespace {

using base::Json;
using base::Secret;
using dev_kbs::JweForm;

bool IsRejected(const absl::Status& status) {
  return absl::IsInternal(status) && base::GetReason(status) == base::Reason::kReplyRejected;
}

// The one error of everything cryptographic.
bool IsTheOneError(const absl::Status& status) {
  return IsRejected(status) && status.message() == JweDoesNotDecrypt().message();
}

// A kind of key and a form of JWE that go together.
struct Form {
  TeeKeyKind kind;
  JweForm form;
};

constexpr std::array<Form, 5> kForms = {{{TeeKeyKind::kEcP256, JweForm::kRfc7516},
                                         {TeeKeyKind::kEcP521, JweForm::kRfc7516},
                                         {TeeKeyKind::kRsaOaep256, JweForm::kRfc7516},
                                         {TeeKeyKind::kRsa15, JweForm::kRfc7516},
                                         {TeeKeyKind::kRsa15, JweForm::kLegacy}}};

// One key for each kind and run: RSA keys take long to make.
const TeeKey& KeyOf(TeeKeyKind kind) {
  static const std::array<TeeKey, 4> keys = {
      *TeeKey::Generate(TeeKeyKind::kEcP256), *TeeKey::Generate(TeeKeyKind::kEcP521),
      *TeeKey::Generate(TeeKeyKind::kRsaOaep256), *TeeKey::Generate(TeeKeyKind::kRsa15)};
  return keys.at(static_cast<size_t>(kind));
}

// A JWE to our key.
Json Seal(const Form& form, std::string_view plaintext) {
  const auto body = dev_kbs::EncryptToTee(*KeyOf(form.kind).PublicJwk(),
                                          *Secret::Copy(base::AsBytes(plaintext)), form.form);
  REQUIRE(body.ok());
  return Json::parse(*body);
}

absl::StatusOr<Secret> Open(const Form& form, const Json& body, const TeeKey& key) {
  ASSIGN_OR_RETURN(const JweEnvelope envelope, form.form == JweForm::kLegacy
                                                   ? ParseLegacyJwe(body.dump())
                                                   : ParseJwe(body.dump(), form.kind));
  return DecryptJwe(envelope, key);
}

absl::StatusOr<Secret> Open(const Form& form, const Json& body) {
  return Open(form, body, KeyOf(form.kind));
}

base::Bytes Decoded(const Json& text) { return *base::Base64UrlDecode(text.get<std::string>()); }

Json Header(const Form& form, const Json& body) {
  return form.form == JweForm::kLegacy ? Json::parse(body["protected"].get<std::string>())
                                       : Json::parse(base::AsText(Decoded(body["protected"])));
}

void SetHeader(const Form& form, Json& body, const std::string& header) {
  body["protected"] =
      form.form == JweForm::kLegacy ? header : base::Base64UrlEncode(base::AsBytes(header));
}

bool IsEc(const Form& form) { return !NamesOf(form.kind).crv.empty(); }

TEST_CASE("A JWE of every kind opens to the bytes that were sealed") {
  const Form form = GENERATE(from_range(kForms));
  const std::string plaintext = GENERATE(std::string(), std::string("x"), std::string("a\0b\0", 4),
                                         std::string(size_t{1} << 20, '\xa5'));
  const auto secret = Open(form, Seal(form, plaintext));
  REQUIRE(secret.ok());
  CHECK(secret->ConstantTimeEquals(base::AsBytes(plaintext)));
}

TEST_CASE("A TEE key says what it is with exactly the broker's members") {
  const Form form = GENERATE(from_range(kForms));
  const TeeKeyNames names = NamesOf(form.kind);
  CHECK(KeyOf(form.kind).kind() == form.kind);
  const Json jwk = *KeyOf(form.kind).PublicJwk();
  CHECK(jwk["alg"] == names.alg);
  CHECK(jwk["kty"] == (IsEc(form) ? "EC" : "RSA"));
  if (IsEc(form)) {
    CHECK(jwk.size() == 5);
    CHECK(jwk["crv"] == names.crv);
    CHECK(Decoded(jwk["x"]).size() == (form.kind == TeeKeyKind::kEcP521 ? 66 : 32));
    CHECK(Decoded(jwk["y"]).size() == Decoded(jwk["x"]).size());
  } else {
    CHECK(jwk.size() == 4);
    CHECK(Decoded(jwk["n"]).size() == 256);
    CHECK(jwk["e"] == "AQAB");
  }
}

TEST_CASE("Case 59: any other protected header is refused") {
  const Form form = GENERATE(from_range(kForms));
  Json body = Seal(form, "secret");
  Json header = Header(form, body);
  REQUIRE(Open(form, body).ok());
  const std::string own(NamesOf(form.kind).alg);
  SECTION("another algorithm, although the key were the right one") {
    const std::string alg =
        GENERATE(as<std::string>{}, "ECDH-ES+A256KW", "ECDH-ES", "ECDH-ES+A128KW", "RSA1_5",
                 "RSA-OAEP", "RSA-OAEP-256", "dir", "A128KW", "none", "PBES2-HS256+A128KW", "");
    header["alg"] = alg;
    SetHeader(form, body, header.dump());
    CHECK((alg == own || IsRejected(Open(form, body).status())));
  }
  SECTION("another member") {
    const std::string name = GENERATE(as<std::string>{}, "crit", "zip", "apu", "kid", "p2c", "p2s");
    header[name] = "DEF";
    SetHeader(form, body, header.dump());
    CHECK(IsRejected(Open(form, body).status()));
  }
  SECTION("a key twice") {
    SetHeader(form, body, "{\"alg\":\"" + own + "\"," + header.dump().substr(1));
    CHECK(IsRejected(Open(form, body).status()));
  }
  SECTION("a point for an RSA key, or none for an EC key") {
    if (IsEc(form)) {
      header.erase("epk");
    } else {
      header["epk"] = Json::object();
    }
    SetHeader(form, body, header.dump());
    CHECK(IsRejected(Open(form, body).status()));
  }
  SECTION("the JWE of another kind") {
    for (const Form& other : kForms) {
      const bool same = other.kind == form.kind && other.form == form.form;
      CHECK((same || IsRejected(Open(other, body, KeyOf(form.kind)).status())));
      CHECK((same || IsRejected(Open(other, body).status())));
    }
  }
}

TEST_CASE("Case 60: another content encryption, IV, tag or member is refused") {
  const Form form = GENERATE(from_range(kForms));
  Json body = Seal(form, "secret");
  Json header = Header(form, body);
  const int which = GENERATE(range(0, 8));
  switch (which) {
    case 0:
      header["enc"] = "A128CBC-HS256";
      SetHeader(form, body, header.dump());
      break;
    case 1:
      body["iv"] = base::Base64UrlEncode(base::Bytes(16));
      break;
    case 2:
      body["tag"] = base::Base64UrlEncode(base::Bytes(12));
      break;
    case 3:
      body.erase("tag");
      break;
    case 4:
      body["aad"] = "YWFk";
      break;
    case 5:
      body["iv"] = "";
      break;
    case 6:  // a tag where there was none, none where there was one
      body["tag"] = form.form == JweForm::kLegacy ? base::Base64UrlEncode(base::Bytes(16)) : "";
      break;
    default:
      body["ciphertext"] = body["ciphertext"].get<std::string>() + "=";
      break;
  }
  CHECK(IsRejected(Open(form, body).status()));
}

// What stands in the place of the sender's point; nullptr where nothing is changed.
Json BadPoint(Json epk, int which, TeeKeyKind kind) {
  const size_t size = NamesOf(kind).coordinate_size;
  switch (which) {
    case 0:  // off the curve
      epk["y"] = epk["x"];
      break;
    case 1:  // the nearest thing to infinity
      epk["x"] = epk["y"] = base::Base64UrlEncode(base::Bytes(size));
      break;
    case 2:  // x not below p
      epk["x"] = base::Base64UrlEncode(base::Bytes(size, 0xff));
      break;
    case 3:
      epk["crv"] = kind == TeeKeyKind::kEcP256 ? "P-521" : "P-256";
      break;
    case 4:  // too short
      epk["x"] = base::Base64UrlEncode(base::Bytes(size - 1, 1));
      break;
    case 5:  // a point of the other curve
      epk = dev_kbs::PublicEcJwk(kind == TeeKeyKind::kEcP256 ? dev_kbs::kP521 : dev_kbs::kP256,
                                 **dev_kbs::GenerateEcKey(
                                     kind == TeeKeyKind::kEcP256 ? dev_kbs::kP521 : dev_kbs::kP256))
                .value();
      break;
    default:
      epk["d"] = epk["x"];
      break;
  }
  return epk;
}

TEST_CASE("Case 61: an ephemeral key that is no point of the curve has the error of case 62") {
  const Form form = GENERATE(from_range(std::vector<Form>{kForms[0], kForms[1]}));
  Json body = Seal(form, "secret");
  REQUIRE(Open(form, body).ok());
  Json header = Header(form, body);
  header["epk"] = BadPoint(header["epk"], GENERATE(range(0, 7)), form.kind);
  SetHeader(form, body, header.dump());
  CHECK(IsTheOneError(Open(form, body).status()));
}

TEST_CASE("Case 62: a wrapped key that does not unwrap fails at the tag, with one error") {
  const Form form = GENERATE(from_range(kForms));
  Json body = Seal(form, "secret");
  const base::Bytes good = Decoded(body["encrypted_key"]);
  for (const size_t size : {size_t{0}, size_t{8}, size_t{24}, size_t{40}, size_t{48}, size_t{255},
                            size_t{256}, size_t{257}, size_t{1024}}) {
    for (const uint8_t byte : {uint8_t{0}, uint8_t{7}, uint8_t{0xff}}) {
      body["encrypted_key"] = base::Base64UrlEncode(base::Bytes(size, byte));
      CHECK(IsTheOneError(Open(form, body).status()));
    }
  }
  base::Bytes longer = good;
  longer.insert(longer.begin(), 0);
  body["encrypted_key"] = base::Base64UrlEncode(longer);
  CHECK(IsTheOneError(Open(form, body).status()));
}

TEST_CASE("Case 63: no flipped bit goes unnoticed") {
  const Form form = GENERATE(from_range(kForms));
  Json body = Seal(form, "a secret of some length");
  REQUIRE(Open(form, body).ok());
  const std::string member = GENERATE("ciphertext", "tag", "iv", "encrypted_key");
  const base::Bytes good = Decoded(body[member]);
  // An RSA block has many bits and takes long: every seventh, so that each place in a byte is met.
  const size_t step = good.size() == kRsaSize ? 7 : 1;
  for (size_t bit = 0; bit < good.size() * 8; bit += step) {
    base::Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    body[member] = base::Base64UrlEncode(bad);
    CHECK(IsTheOneError(Open(form, body).status()));
  }
}

TEST_CASE("Case 63: swapped or truncated ciphertexts are refused") {
  const Form form = GENERATE(from_range(kForms));
  Json first = Seal(form, "one and sixteen bytes more");
  const Json other = Seal(form, "two and sixteen bytes more");
  const base::Bytes whole = Decoded(first["ciphertext"]);
  for (size_t size = 0; size < whole.size(); ++size) {
    first["ciphertext"] = base::Base64UrlEncode(base::ByteView(whole).first(size));
    CHECK(IsRejected(Open(form, first).status()));
  }
  first["ciphertext"] = other["ciphertext"];
  CHECK(IsTheOneError(Open(form, first).status()));
  first["tag"] = other["tag"];
  CHECK(IsTheOneError(Open(form, first).status()));
}

TEST_CASE("Case 64: a JWE for another key is refused") {
  const Form form = GENERATE(from_range(kForms));
  const Json body = Seal(form, "one");
  REQUIRE(Open(form, body).ok());
  const auto next = TeeKey::Generate(form.kind);
  REQUIRE(next.ok());
  CHECK(IsTheOneError(Open(form, body, *next).status()));
}

}  // namespace
}  // namespace attestd::kbs
