// SPDX-License-Identifier: Apache-2.0
// The vectors of crypto_vectors/make_vectors.py, in the manner of Project Wycheproof: ECDH on P-256
// and P-521, Concat KDF, AES key wrap, AES-GCM, RSA-OAEP and RSA1_5, as JWEs to keys of ours.
#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/encoding.h"
#include "base/file.h"
#include "base/json.h"
#include "kbs_client/jwe.h"
#include "test/support/vectors.h"

namespace attestd::kbs {
namespace {

using base::Json;

constexpr size_t kMaxVectors = size_t{1} << 20;
const std::string kFolder = ATTESTD_SOURCE_DIR "/test/kbs_client/crypto_vectors/";

Json Vectors() {
  const auto text = base::ReadFile(kFolder + "vectors.json", kMaxVectors);
  REQUIRE(text.ok());
  return Json::parse(*text);
}

TeeKeyKind KindOf(const std::string& name) {
  static const std::map<std::string, TeeKeyKind> kinds = {{"P-256", TeeKeyKind::kEcP256},
                                                          {"P-521", TeeKeyKind::kEcP521},
                                                          {"RSA-OAEP-256", TeeKeyKind::kRsaOaep256},
                                                          {"RSA1_5", TeeKeyKind::kRsa15}};
  return kinds.at(name);
}

// The key pair of a private JWK.
absl::StatusOr<TeeKey> KeyFromJwk(const Json& jwk, TeeKeyKind kind) {
  const auto member = [&jwk](const char* name) { return base::GetBase64Url(jwk, name).value(); };
  if (jwk["kty"] == "EC") {
    return TeeKey::FromPrivate(member("d"), {.x = member("x"), .y = member("y")}, kind);
  }
  const base::Bytes n = member("n"), e = member("e"), d = member("d"), p = member("p"),
                    q = member("q"), dp = member("dp"), dq = member("dq"), qi = member("qi");
  return TeeKey::FromPrivate({.n = n, .e = e, .d = d, .p = p, .q = q, .dp = dp, .dq = dq, .qi = qi},
                             kind);
}

EcPoint PointFromHex(const Json& coordinates) {
  return {.x = *base::HexDecode(coordinates[0].get<std::string>()),
          .y = *base::HexDecode(coordinates[1].get<std::string>())};
}

// What is wrong with our answer to a JWE case; nothing when it is as the case says.
std::optional<std::string> Judge(const Json& entry, const TeeKey& key) {
  const std::string body = entry["jwe"].dump();
  const auto envelope =
      entry["form"] == "legacy" ? ParseLegacyJwe(body) : ParseJwe(body, key.kind());
  const bool valid = entry["result"] == "valid";
  if (!valid && entry["refused"] == "parse") {
    return absl::IsInternal(envelope.status()) ? std::nullopt : std::optional("it parses");
  }
  if (!envelope.ok()) {
    return "it does not parse";
  }
  if (valid && entry.contains("z") &&
      base::HexEncode(key.Agree(envelope->epk)->view()) != entry["z"]) {
    return "Z is another";
  }
  const auto secret = DecryptJwe(*envelope, key);
  if (!valid) {
    return secret.status() == JweDoesNotDecrypt() ? std::nullopt : std::optional("another answer");
  }
  return secret.ok() && base::HexEncode(secret->view()) == entry["plaintext"]
             ? std::nullopt
             : std::optional("it does not open");
}

TEST_CASE("Crypto vectors: what is valid opens, and what is invalid has the one error") {
  const Json vectors = Vectors();
  std::map<std::string, TeeKey> keys;
  for (const auto& [name, jwk] : vectors["keys"].items()) {
    auto key = KeyFromJwk(jwk, KindOf(name));
    REQUIRE(key.ok());
    keys.emplace(name, *std::move(key));
  }
  std::map<std::string, int> counts;
  int valid = 0;
  for (const Json& entry : vectors["jwe"]) {
    const auto wrong = Judge(entry, keys.at(entry["kind"]));
    INFO(entry["kind"] << ", " << entry["area"] << ", " << entry["reason"] << ", "
                       << entry["result"] << ": " << wrong.value_or(""));
    CHECK_FALSE(wrong.has_value());
    valid += entry["result"] == "valid" ? 1 : 0;
    counts[entry["area"].get<std::string>() + " " + entry["result"].get<std::string>()]++;
  }
  for (const auto& [area, count] : counts) {
    std::printf("crypto vectors: %4d %s\n", count, area.c_str());
  }
  CHECK(valid == 67);
  CHECK(vectors["jwe"].size() == 378);
}

TEST_CASE("Crypto vectors: agreements") {
  const Json vectors = Vectors();
  for (const Json& entry : vectors["ecdh"]) {
    INFO(entry["kind"] << ", " << entry["reason"]);
    const auto key = TeeKey::FromPrivate(*base::HexDecode(entry["d"].get<std::string>()),
                                         PointFromHex(entry["own"]), KindOf(entry["kind"]));
    REQUIRE(key.ok());
    const auto z = key->Agree(PointFromHex(entry["peer"]));
    if (entry["result"] == "valid") {
      REQUIRE(z.ok());
      CHECK(base::HexEncode(z->view()) == entry["z"]);
    } else {
      CHECK(absl::IsInvalidArgument(z.status()));
    }
  }
  std::printf("crypto vectors: %4zu agreements\n", vectors["ecdh"].size());
  CHECK(vectors["ecdh"].size() == 64);
}

TEST_CASE("The JWEs of an independent implementation open") {
  const auto text = test::ReadVector("synthetic/jwe-responses.json");
  if (!text.has_value()) {
    return;
  }
  const Json vectors = Json::parse(*text);
  CHECK(vectors["cases"].size() == 4);
  for (const Json& entry : vectors["cases"]) {
    const bool is_ec = entry["tee_pubkey"]["kty"] == "EC";
    const TeeKeyKind kind = KindOf(entry["tee_pubkey"][is_ec ? "crv" : "alg"]);
    const auto key = KeyFromJwk(entry["private_jwk"], kind);
    REQUIRE(key.ok());
    CHECK(*key->PublicJwk() == entry["tee_pubkey"]);
    const auto envelope = ParseJwe(entry["jwe"].dump(), kind);
    REQUIRE(envelope.ok());
    if (is_ec) {
      CHECK(base::HexEncode(key->Agree(envelope->epk)->view()) == entry["intermediate"]["z"]);
    }
    const auto secret = DecryptJwe(*envelope, *key);
    REQUIRE(secret.ok());
    CHECK(base::Base64Encode(secret->view()) == vectors["plaintext_b64"]);
  }
}

}  // namespace
}  // namespace attestd::kbs
