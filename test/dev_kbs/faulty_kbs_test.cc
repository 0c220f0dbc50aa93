// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/faulty_kbs.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "test/dev_kbs/broker.h"
#include "test/dev_kbs/guest.h"

namespace attestd::dev_kbs {
namespace {

// A guest that is attested with an honest broker, and the same broker with a script.
struct Scripted {
  Broker broker;
  Guest guest{*broker.service};
  FaultScript script;
  std::vector<std::string> lines;
  FaultyKbs kbs{*broker.service, script,
                [this](const std::string& line) { lines.push_back(line); }};

  explicit Scripted(const std::string& rules) {
    guest.Auth();
    guest.Attest();
    REQUIRE(script.Load(rules).ok());
  }
  WireAnswer Auth() {
    return kbs.Answer({.method = "POST",
                       .path = "/kbs/v0/auth",
                       .body = R"({"version":"0.4.0","tee":"sample","extra-params":""})"});
  }
  WireAnswer Attest() {
    return kbs.Answer({.method = "POST",
                       .path = "/kbs/v0/attest",
                       .cookie = guest.cookie,
                       .body = guest.Attestation().dump()});
  }
  WireAnswer Get() {
    return kbs.Answer({.path = "/kbs/v0/resource/default/test/secret", .cookie = guest.cookie});
  }
  base::Json Header(const WireAnswer& answer) {
    const std::string text = base::Json::parse(answer.body)["protected"];
    return base::Json::parse(base::AsText(base::Base64UrlDecode(text).value()));
  }
};

base::Json Part(const std::string& token, size_t index) {
  const size_t dot = token.find('.');
  const std::string part =
      index == 0 ? token.substr(0, dot) : token.substr(dot + 1, token.rfind('.') - dot - 1);
  return base::Json::parse(base::AsText(base::Base64UrlDecode(part).value()));
}

TEST_CASE("Without a rule the answer is the honest one") {
  Scripted scripted("auth 2 http09");
  const WireAnswer answer = scripted.Get();
  CHECK(scripted.guest.Open({.body = answer.body}) == scripted.broker.secret);
  CHECK(scripted.lines == std::vector<std::string>{"GET /kbs/v0/resource/default/test/secret 200"});
}

TEST_CASE("The line of a request names every rule that it met") {
  Scripted scripted("resource 1 jwe-flip tag 3\nany 1+ headers 2\nresource 2 status 503");
  scripted.Get();
  scripted.Get();
  scripted.Auth();
  CHECK(scripted.lines == std::vector<std::string>{"GET /kbs/v0/resource/default/test/secret 200 "
                                                   "[resource 1 jwe-flip tag 3] [any 1+ headers 2]",
                                                   "GET /kbs/v0/resource/default/test/secret 503 "
                                                   "[any 1+ headers 2] [resource 2 status 503]",
                                                   "POST /kbs/v0/auth 200 [any 1+ headers 2]"});
}

TEST_CASE("A rule that does not fit the answer says so and leaves it honest") {
  Scripted scripted("auth 1 jwe-flip tag 0\nauth 2 json-set /nonce/x 1\nresource 1 cookie none");
  CHECK(scripted.Auth().body.find("nonce") != std::string::npos);
  scripted.Auth();
  scripted.Get();
  CHECK(scripted.lines[0] ==
        "POST /kbs/v0/auth 200 [auth 1 jwe-flip tag 0] does not fit: the answer is no JWE");
  CHECK_THAT(scripted.lines[1], Catch::Contains("does not fit"));
  CHECK_THAT(scripted.lines[2], Catch::Contains("does not fit"));
}

TEST_CASE("json-set patches the honest challenge") {
  Scripted scripted(
      "auth 1 json-set /nonce \"\"\n"
      "auth 1 json-set /extra-params {\"selected-hash-algorithm\":\"md5\"}");
  CHECK(scripted.Auth().body == R"({"extra-params":{"selected-hash-algorithm":"md5"},"nonce":""})");
}

TEST_CASE("Every JSON bomb is text that a strict parser refuses, with the honest members in it") {
  const std::string kind =
      GENERATE("depth", "keys", "duplicate", "nan", "1e400", "surrogate", "bom", "trailing");
  CAPTURE(kind);
  Scripted scripted("auth 1 json-bomb " + kind);
  const WireAnswer answer = scripted.Auth();
  CHECK_FALSE(base::ParseJson(answer.body).ok());
  CHECK(answer.body.find("\"extra-params\":\"\"") != std::string::npos);
  CHECK(base::ParseJson(scripted.Auth().body).ok());
}

TEST_CASE("The JSON bomb of one long string is valid and a mebibyte long") {
  Scripted scripted("auth 1 json-bomb string");
  CHECK(base::Json::parse(scripted.Auth().body)["x"].get<std::string>().size() == 1 << 20);
}

TEST_CASE("Bad tokens are bad in one thing only") {
  const std::string kind =
      GENERATE("none-alg", "not-jwt", "huge", "no-exp", "past-exp", "other-key");
  CAPTURE(kind);
  Scripted scripted("attest 1 token " + kind);
  const std::string token = base::Json::parse(scripted.Attest().body)["token"];
  const bool accepted = scripted.broker.service
                            ->Handle({.path = "/kbs/v0/resource/default/test/secret",
                                      .authorization = "Bearer " + token})
                            .status == 200;
  CHECK(accepted == (kind == "huge"));
  if (kind == "not-jwt") {
    CHECK(token.find('.') == std::string::npos);
    return;
  }
  CHECK(Part(token, 0)["alg"] == (kind == "none-alg" ? "none" : "ES256"));
  CHECK(Part(token, 1).contains("exp") == (kind != "no-exp"));
  CHECK((token.size() > 1 << 20) == (kind == "huge"));
  CHECK((Part(token, 0) == Part(scripted.guest.token, 0)) ==
        (kind != "none-alg" && kind != "other-key"));
}

TEST_CASE("A JWE with a patched header is whole otherwise: who ignores the member opens it") {
  Scripted scripted(
      "resource 1 jwe-header zip DEF\nresource 2 jwe-header p2c 7\n"
      "resource 3 jwe-protected {@,\"alg\":\"ECDH-ES+A256KW\"}\nresource 4 jwe-epk with-d");
  const std::string pointer = GENERATE("/zip", "/p2c", "", "/epk/d");
  CAPTURE(pointer);
  WireAnswer answer = scripted.Get();
  for (const char* before : {"/zip", "/p2c", ""}) {
    if (pointer == before) {
      break;
    }
    answer = scripted.Get();
  }
  if (pointer.empty()) {
    const std::string text = base::Json::parse(answer.body)["protected"];
    const base::Bytes header = base::Base64UrlDecode(text).value();
    CHECK_FALSE(base::ParseJson(base::AsText(header)).ok());
    return;
  }
  CHECK(scripted.Header(answer).contains(base::Json::json_pointer(pointer)));
  CHECK(base::AsText(scripted.guest.Open({.body = answer.body})) == "spoilt by a fault");
}

TEST_CASE("A patched JWE does not open, whatever was patched") {
  const std::string fault =
      GENERATE("jwe-flip tag 127", "jwe-flip ciphertext 0", "jwe-flip iv 3",
               "jwe-flip encrypted_key 9", "jwe-set tag AAAA", "jwe-set iv \"\"", "jwe-other-key",
               "jwe-epk off-curve", "jwe-epk infinity", "jwe-epk x-ge-p", "jwe-epk other-curve",
               "jwe-epk wrong-length", "jwe-wrap short", "jwe-wrap flip", "jwe-wrap cek-length");
  CAPTURE(fault);
  Scripted scripted("resource 1 " + fault);
  const WireAnswer answer = scripted.Get();
  CHECK(scripted.lines.back() ==
        "GET /kbs/v0/resource/default/test/secret 200 [resource 1 " + fault + "]");
  CHECK_THROWS(scripted.guest.Open({.body = answer.body}));
  CHECK_NOTHROW(scripted.guest.Open({.body = scripted.Get().body}));
}

TEST_CASE("A wrapped key of half the length is honestly wrapped") {
  Scripted scripted("resource 1 jwe-wrap cek-length");
  const base::Json jwe = base::Json::parse(scripted.Get().body);
  // RFC 3394, 2.2.1: eight bytes more than the key.
  CHECK(base::Base64UrlDecode(jwe["encrypted_key"].get<std::string>())->size() == 24);
}

TEST_CASE("RSA keys meet the same faults") {
  Scripted scripted("resource 1 jwe-other-key\nresource 2 jwe-wrap cek-length");
  Guest& guest = scripted.guest;
  guest.UseRsa("RSA-OAEP-256");
  guest.Auth();
  guest.Attest();
  CHECK_THROWS(guest.Open({.body = scripted.Get().body}));
  CHECK_THROWS(guest.Open({.body = scripted.Get().body}));
  CHECK(guest.Open({.body = scripted.Get().body}) == scripted.broker.secret);
}

TEST_CASE("repeat-nonce gives the nonce of the first challenge, and its own session") {
  Scripted scripted("auth 3 repeat-nonce");
  const auto nonce = [&] { return base::Json::parse(scripted.Auth().body)["nonce"]; };
  const base::Json first = nonce();
  CHECK(nonce() != first);
  CHECK(nonce() == first);
  CHECK(nonce() != first);
}

TEST_CASE("repeat-answer gives the first answer of the endpoint") {
  Scripted scripted("resource 2 repeat-answer");
  const std::string first = scripted.Get().body;
  CHECK(scripted.Get().body == first);
  CHECK(scripted.Get().body != first);
}

TEST_CASE("Requests outside the protocol meet no rule") {
  Scripted scripted("any always status 500");
  CHECK(scripted.kbs.Answer({.path = "/healthz"}).status == 200);
  CHECK(scripted.Auth().status == 500);
}

}  // namespace
}  // namespace attestd::dev_kbs
