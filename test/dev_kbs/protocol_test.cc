// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/protocol.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/encoding.h"
#include "test/dev_kbs/broker.h"
#include "test/dev_kbs/guest.h"
#include "test/support/vectors.h"

namespace attestd::dev_kbs {
namespace {

const Protocol& Version(const std::string& version) { return *FindProtocol(version); }

KbsAnswer Auth(const Broker& broker, const std::string& version, const std::string& tee) {
  const base::Json body = {{"version", version}, {"tee", tee}, {"extra-params", ""}};
  return broker.service->Handle({.method = "POST", .path = "/kbs/v0/auth", .body = body.dump()});
}

TEST_CASE("Each protocol hands a secret to a guest that speaks it") {
  const std::string version = GENERATE("0.4.0", "0.2.0", "0.1.1");
  CAPTURE(version);
  const Broker broker = Broker::Speaking(version);
  Guest guest(*broker.service, "sample", Version(version));
  guest.UseRsa(version == "0.1.1" ? "RSA1_5" : "RSA-OAEP-256");
  CHECK(guest.Auth().status == 200);
  CHECK(guest.Attest().refusal.empty());
  const KbsAnswer answer = guest.Get("default/test/secret");
  CHECK(answer.refusal.empty());
  CHECK(guest.Open(answer) == broker.secret);
  guest.cookie.clear();
  CHECK(guest.Open(guest.Get("default/test/secret", "Bearer " + guest.token)) == broker.secret);
}

TEST_CASE("A version that is not the broker's own is refused in its words") {
  struct Mismatch {
    const char* spoken;
    const char* variant;
    const char* detail;
  };
  const auto mismatch = GENERATE(values<Mismatch>({
      {"0.4.0", "AttestationError",
       "Attestation error: RCAR handshake Auth failed: KBS Client Protocol Version Mismatch: "
       "expect =0.4.0 while the request is 0.3.0"},
      {"0.2.0", "AttestationError",
       "Attestation error: RCAR handshake Auth failed: KBS Client Protocol Version Mismatch: "
       "expect =0.2.0 while the request is 0.3.0"},
      {"0.1.1", "ProtocolVersion",
       "KBS Client Protocol Version Mismatch: expected version: =0.1.1, "
       "requested version: 0.3.0"},
  }));
  const Broker broker = Broker::Speaking(mismatch.spoken);
  const KbsAnswer answer = Auth(broker, "0.3.0", "sample");
  CHECK(answer.status == 401);
  CHECK(Variant(answer) == mismatch.variant);
  CHECK(Detail(answer) == mismatch.detail);
}

TEST_CASE("Azure's platforms have no hyphens before 0.4.0, and only there none") {
  const Broker old = Broker::Speaking("0.2.0");
  const Broker current = Broker::Speaking("0.4.0");
  for (const char* name : {"azsnpvtpm", "aztdxvtpm"}) {
    CHECK(Auth(old, "0.2.0", name).status == 200);
    CHECK(Auth(current, "0.4.0", name).status == 401);
  }
  for (const char* name : {"az-snp-vtpm", "az-tdx-vtpm"}) {
    CHECK(Auth(old, "0.2.0", name).status == 401);
    CHECK(Auth(current, "0.4.0", name).status == 200);
  }
  CHECK(ParseAuthRequest(R"({"version":"0.1.1","tee":"azsnpvtpm","extra-params":""})",
                         Version("0.1.1"))
            ->tee == "az-snp-vtpm");
}

TEST_CASE("Evidence under an old protocol is bound to the session's nonce") {
  const std::string version = GENERATE("0.2.0", "0.1.1");
  const Broker broker = Broker::Speaking(version);
  Guest guest(*broker.service, "sample", Version(version));
  guest.Auth();
  const base::Json stale = guest.Attestation();
  guest.Auth();
  const KbsAnswer answer = guest.Send(stale);
  CHECK(answer.status == 401);
  CHECK_THAT(answer.refusal, Catch::Contains("report_data"));
  CHECK(Variant(answer) == (version == "0.1.1" ? "AttestationFailed" : "AttestationError"));
  CHECK(guest.Attest().status == 200);
}

TEST_CASE("The message of one protocol is none of another") {
  const Broker old = Broker::Speaking("0.2.0");
  Guest current(*old.service);
  Guest guest(*old.service, "sample", Version("0.2.0"));
  guest.Auth();
  current.cookie = guest.cookie;
  current.nonce = guest.nonce;
  CHECK(current.Attest().status == 401);
  const Broker broker;
  Guest late(*broker.service, "sample", Version("0.2.0"));
  late.cookie = current.cookie;
  CHECK(late.Attest().status == 401);
}

TEST_CASE("A broker of 0.1.1 refuses in the words of Trustee 0.10") {
  const Broker broker = Broker::Speaking("0.1.1");
  broker.Put("default/locked/secret", "x");
  Guest guest(*broker.service, "sample", Version("0.1.1"));
  guest.UseRsa("RSA1_5");
  CHECK(Variant(guest.Attest()) == "MissingCookie");
  guest.cookie = "kbs-session-id=0";
  CHECK(Variant(guest.Attest()) == "InvalidCookie");
  const KbsAnswer none = guest.Get("default/test/secret");
  CHECK(Variant(none) == "InvalidRequest");
  CHECK(Detail(none) ==
        "The request is invalid: parse Authorization header failed: invalid Header provided");
  CHECK(Variant(guest.Get("default/test/secret", "Bearer x")) == "TokenParseFailed");
  guest.Auth();
  guest.Attest();
  const KbsAnswer missing = guest.Get("default/test/none");
  CHECK(missing.status == 404);
  CHECK(Variant(missing) == "ReadSecretFailed");
  const KbsAnswer denied = guest.Get("default/locked/secret");
  CHECK(denied.status == 401);
  CHECK(Variant(denied) == "PolicyReject");
  CHECK(Detail(denied) == "Resource not permitted.");
  CHECK(guest.Open(guest.Get("test/secret")) == broker.secret);
  CHECK(guest.Call("echo/x", "").status == 404);
}

TEST_CASE("An expired session has its own error in 0.1.1") {
  Broker broker = Broker::Speaking("0.1.1");
  Guest guest(*broker.service, "sample", Version("0.1.1"));
  guest.Auth();
  broker.now += absl::Seconds(300);
  CHECK(Variant(guest.Attest()) == "ExpiredCookie");
}

TEST_CASE("A key that 0.1.1 cannot encrypt to is a JWEFailed") {
  const Broker broker = Broker::Speaking("0.1.1");
  Guest guest(*broker.service, "sample", Version("0.1.1"));
  guest.Auth();
  CHECK(guest.Attest().status == 200);
  CHECK(Variant(guest.Get("default/test/secret")) == "JWEFailed");
}

// The part of a recorded message behind its first line that begins so.
std::string BodyAfter(const std::string& text, const std::string& mark) {
  const size_t blank = text.find("\n\n", text.find(mark));
  return text.substr(blank + 2, text.find('\n', blank + 2) - blank - 2);
}

TEST_CASE("The recorded messages of 0.1.1 are accepted, and any change is not") {
  auto text = test::ReadVector("exchange/trustee-0.10-sample.txt");
  if (!text.has_value()) {
    WARN("SKIPPED: no vectors");
    return;
  }
  std::erase(*text, '\r');
  Broker broker = Broker::Speaking("0.1.1");
  const base::Json challenge = base::Json::parse(BodyAfter(*text, "HTTP/1.1 200 OK"));
  broker.nonce = base::Base64Decode(challenge["nonce"].get<std::string>()).value();
  const KbsAnswer answer = broker.service->Handle(
      {.method = "POST", .path = "/kbs/v0/auth", .body = BodyAfter(*text, "POST /kbs/v0/auth")});
  CHECK(base::Json::parse(answer.body) == challenge);
  const std::string body = BodyAfter(*text, "POST /kbs/v0/attest");
  const std::string cookie = answer.set_cookie.substr(0, answer.set_cookie.find(';'));
  base::Json changed = base::Json::parse(body);
  changed["tee-pubkey"]["e"] = "AAAB";
  for (const std::string& sent : {changed.dump(), body}) {
    CHECK(broker.service
              ->Handle({.method = "POST", .path = "/kbs/v0/attest", .cookie = cookie, .body = sent})
              .status == (sent == body ? 200 : 401));
  }
  CHECK(broker.service->Handle({.path = "/kbs/v0/resource/default/test/secret"}).body ==
        base::Json::parse(BodyAfter(*text, "HTTP/1.1 401 Unauthorized")).dump());
}

}  // namespace
}  // namespace attestd::dev_kbs
