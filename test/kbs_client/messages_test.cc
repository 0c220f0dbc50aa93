// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/messages.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::kbs {
namespace {

using base::Json;

bool IsRejected(const absl::Status& status) {
  return absl::IsInternal(status) && base::GetReason(status) == base::Reason::kReplyRejected;
}

std::string Token(const Json& header, const Json& claims) {
  const auto part = [](const Json& json) {
    return base::Base64UrlEncode(base::AsBytes(json.dump()));
  };
  return Json{{"token", part(header) + "." + part(claims) + ".c2ln"}}.dump();
}

base::HttpResponse Result(std::string body, const std::string& date = "") {
  base::HttpResponse response{.status = 200, .headers = {}, .body = std::move(body)};
  if (!date.empty()) {
    response.headers.push_back({"Date", date});
  }
  return response;
}

TEST_CASE("The request names version, platform and hashes") {
  CHECK(Json::parse(*BuildRequest(Protocol::k040, "tpm")) ==
        Json::parse(R"({"version":"0.4.0","tee":"tpm","extra-params":)"
                    R"({"supported-hash-algorithms":["sha256","sha384","sha512"]}})"));
}

TEST_CASE("A challenge without a choice means SHA-384") {
  const std::string body = GENERATE(R"({"nonce":"bm9uY2Ugb2YgYSB0ZXN0","extra-params":""})",
                                    R"({"nonce":"bm9uY2Ugb2YgYSB0ZXN0"})",
                                    R"({"nonce":"bm9uY2Ugb2YgYSB0ZXN0","extra-params":{}})");
  const auto challenge = ParseChallenge(body);
  REQUIRE(challenge.ok());
  CHECK(challenge->nonce == "bm9uY2Ugb2YgYSB0ZXN0");
  CHECK(challenge->hash == base::HashAlgorithm::kSha384);
}

TEST_CASE("A challenge may select the hash") {
  const auto challenge = ParseChallenge(
      R"({"nonce":"0123456789abcdef","extra-params":{"selected-hash-algorithm":"SHA512"}})");
  REQUIRE(challenge.ok());
  CHECK(challenge->hash == base::HashAlgorithm::kSha512);
}

TEST_CASE("Case 54 and 55: a bad challenge is a rejected reply") {
  const std::string body =
      GENERATE(as<std::string>{}, "", "<html>", "[]", "{}", R"({"nonce":""})", R"({"nonce":"n"})",
               R"({"nonce":"0123456789abcde"})", R"({"nonce":7})", R"({"nonce":"a","nonce":"b"})",
               R"({"nonce":"0123456789abcdef","extra-params":7})",
               R"({"nonce":"0123456789abcdef","extra-params":["sha256"]})",
               R"({"nonce":"0123456789abcdef","extra-params":{"selected-hash-algorithm":1}})",
               R"({"nonce":"0123456789abcdef","extra-params":{"selected-hash-algorithm":"md5"}})",
               R"({"nonce":"0123456789abcdef","extra-params":{"selected-hash-algorithm":""}})",
               R"({"nonce":")" + std::string(1025, 'n') + R"("})");
  CHECK(IsRejected(ParseChallenge(body).status()));
}

TEST_CASE("Older protocols name their version and write Azure's platforms without hyphens") {
  const Json request = Json::parse(*BuildRequest(Protocol::k020, "az-snp-vtpm"));
  CHECK(request["version"] == "0.2.0");
  CHECK(request["tee"] == "azsnpvtpm");
  CHECK(Json::parse(*BuildRequest(Protocol::k011, "tpm"))["version"] == "0.1.1");
}

base::HttpResponse Answer(const std::vector<std::string>& cookies) {
  base::HttpResponse response{.status = 200, .headers = {}, .body = {}};
  for (const std::string& cookie : cookies) {
    response.headers.push_back({"Set-Cookie", cookie});
  }
  return response;
}

TEST_CASE("The session cookie is found among the headers") {
  CHECK(ParseSessionCookie(Answer({"a=b", "kbs-session-id=0123abcd; Expires=Sun, 22 Nov 2026"}))
            ->value == "0123abcd");
  CHECK(ParseSessionCookie(Answer({"kbs-session-id=x"}))->value == "x");
}

TEST_CASE("Case 85: a cookie lives by the broker's clock alone") {
  base::HttpResponse answer =
      Answer({"kbs-session-id=x; Path=/; expires=Sun, 22 Nov 2026 16:13:23 GMT"});
  CHECK(ParseSessionCookie(answer)->lifetime == absl::Hours(24));
  answer.headers.push_back({"Date", "Sun, 22 Nov 2026 16:08:23 GMT"});
  CHECK(ParseSessionCookie(answer)->lifetime == absl::Minutes(5));
  answer.headers.back().value = "Sun, 22 Nov 2026 16:13:23 GMT";
  CHECK(IsRejected(ParseSessionCookie(answer).status()));
  answer.headers.back().value = "yesterday";
  CHECK(ParseSessionCookie(answer)->lifetime == absl::Hours(24));
}

TEST_CASE("Case 57: a bad session cookie is a rejected reply") {
  using Headers = std::vector<std::string>;
  const Headers headers = GENERATE(
      Headers{}, Headers{"other=1"}, Headers{"kbs-session-id="}, Headers{"kbs-session-id=a b"},
      Headers{"kbs-session-id=a\r\nX: y"}, Headers{"kbs-session-id=" + std::string(257, 'a')},
      Headers{"kbs-session-id=a", "kbs-session-id=b"}, Headers{"xkbs-session-id=a"});
  CHECK(IsRejected(ParseSessionCookie(Answer(headers)).status()));
}

TEST_CASE("A token lives from issue to expiry, whatever the wall clock says") {
  const auto token = ParseAttestationResult(
      Result(Token({{"alg", "ES256"}}, {{"iat", 1795323759}, {"exp", 1795327359}})),
      Json::object());
  REQUIRE(token.ok());
  CHECK(token->lifetime == absl::Hours(1));
}

TEST_CASE("Case 58: a token that has expired by the answer's own date is a rejected reply") {
  // From 16:02:39 on 22 November 2026 for an hour.
  const std::string token = Token({{"alg", "ES256"}}, {{"iat", 1795363359}, {"exp", 1795366959}});
  const auto lifetime = [&](const std::string& date) {
    return ParseAttestationResult(Result(token, date), Json::object());
  };
  CHECK(lifetime("Sun, 22 Nov 2026 16:32:39 GMT")->lifetime == absl::Minutes(30));
  CHECK(lifetime("Sun, 22 Nov 2026 15:00:00 GMT")->lifetime == absl::Hours(1));
  CHECK(lifetime("yesterday")->lifetime == absl::Hours(1));
  CHECK(IsRejected(lifetime("Sun, 22 Nov 2026 17:02:39 GMT").status()));
}

TEST_CASE("Case 58: a bad attestation result is a rejected reply") {
  const Json good = {{"iat", 1}, {"exp", 301}};
  // A signature that would end the text where it is written into JSON.
  std::string two_members = Token({{"alg", "ES256"}}, good);
  two_members.insert(two_members.size() - 2, R"(\",\"x\":\")");
  const std::string body = GENERATE_COPY(
      as<std::string>{}, "", "{}", R"({"token":1})", R"({"token":"abc"})", R"({"token":"a.b"})",
      R"({"token":"a.b."})", R"({"token":"!.!.!"})", two_members, Token({{"alg", "none"}}, good),
      Token(Json::object(), good), Token({{"alg", "ES256"}}, {{"iat", 1}}),
      Token({{"alg", "ES256"}}, {{"exp", 301}}),
      Token({{"alg", "ES256"}}, {{"iat", 301}, {"exp", 1}}),
      Token({{"alg", "ES256"}}, {{"iat", 1}, {"exp", 1e300}}),
      R"({"token":")" + std::string(600000, 'a') + R"(.b.c"})");
  CHECK(IsRejected(ParseAttestationResult(Result(body), Json::object()).status()));
}

TEST_CASE("Case 58: a token that names another TEE key is a rejected reply") {
  const Json key = {{"kty", "EC"}, {"crv", "P-256"}, {"x", "AAAA"}, {"y", "BBBB"}};
  Json claims = {{"iat", 1}, {"exp", 301}};
  const std::string place =
      GENERATE(as<std::string>{},
               "/submods/cpu0/ear.veraison.annotated-evidence/runtime_data_claims/tee-pubkey",
               "/customized_claims/runtime_data/tee-pubkey", "/tee-pubkey");
  Json& named = claims[Json::json_pointer(place)];
  named = key;
  CHECK(ParseAttestationResult(Result(Token({{"alg", "ES256"}}, claims)), key).ok());
  named["y"] = "CCCC";
  CHECK(
      IsRejected(ParseAttestationResult(Result(Token({{"alg", "ES256"}}, claims)), key).status()));
  named = "a text";
  CHECK(
      IsRejected(ParseAttestationResult(Result(Token({{"alg", "ES256"}}, claims)), key).status()));
}

}  // namespace
}  // namespace attestd::kbs
