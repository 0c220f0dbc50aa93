// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "base/encoding.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm2/format/quote.h"
#include "test/dev_kbs/broker.h"
#include "test/dev_kbs/guest.h"
#include "test/fakes/tpm_quote_builder.h"
#include "test/support/vectors.h"

namespace attestd::dev_kbs {
namespace {

constexpr const char* kAttestFailed = "Attestation error: RCAR handshake Attest failed";

TEST_CASE("The challenge is a nonce of 32 bytes and a cookie that expires with the session") {
  Broker broker;
  Guest guest(*broker.service);
  const KbsAnswer answer = guest.Auth();
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  CHECK(base::Base64Decode(guest.nonce).value().size() == 32);
  CHECK(base::Json::parse(answer.body) == base::Json{{"nonce", guest.nonce}, {"extra-params", ""}});
  // The broker's clock stands at 2026-11-22 05:02:39 UTC, and sessions live five minutes.
  CHECK_THAT(answer.set_cookie,
             Catch::Matches("kbs-session-id=[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}; "
                            "Expires=Sun, 22 Nov 2026 05:07:39 GMT"));
}

TEST_CASE("Every challenge has its own nonce and session") {
  Broker broker;
  Guest first(*broker.service);
  Guest second(*broker.service);
  first.Auth();
  second.Auth();
  CHECK(first.nonce != second.nonce);
  CHECK(first.cookie != second.cookie);
}

TEST_CASE("A request that is not of protocol 0.4.0 is refused with Trustee's text") {
  struct Bad {
    const char* body;
    const char* detail;
  };
  const auto bad = GENERATE(values<Bad>({
      {R"({"version":"0.1.1","tee":"sample","extra-params":""})",
       "KBS Client Protocol Version Mismatch: expect =0.4.0 while the request is 0.1.1"},
      {R"({"version":"0.4.1","tee":"sample","extra-params":""})",
       "KBS Client Protocol Version Mismatch: expect =0.4.0 while the request is 0.4.1"},
      {R"({"version":"four","tee":"sample","extra-params":""})", "failed to parse KBS version"},
      {R"({"version":"0.4.0","tee":"abacus","extra-params":""})", "deserialize Request"},
      {R"({"version":"0.4.0","tee":"sample"})", "deserialize Request"},
      {R"({"tee":"sample","extra-params":""})", "deserialize Request"},
      {R"([])", "deserialize Request"},
      {"", "deserialize Request"},
  }));
  CAPTURE(bad.body);
  Broker broker;
  const KbsAnswer answer =
      broker.service->Handle({.method = "POST", .path = "/kbs/v0/auth", .body = bad.body});
  CHECK(answer.status == 401);
  CHECK(Variant(answer) == "AttestationError");
  CHECK(Detail(answer) ==
        "Attestation error: RCAR handshake Auth failed: " + std::string(bad.detail));
  CHECK(answer.refusal == "refused: " + std::string(bad.detail));
}

TEST_CASE("Accepted sample evidence gives a token with the runtime data in its claims") {
  Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  const KbsAnswer answer = guest.Attest();
  CHECK(answer.status == 200);
  CHECK_THAT(answer.set_cookie, Catch::StartsWith(guest.cookie + "; Expires="));
  const size_t dot = guest.token.find('.');
  const std::string payload = guest.token.substr(dot + 1, guest.token.rfind('.') - dot - 1);
  const base::Bytes text = base::Base64UrlDecode(payload).value();
  const base::Json claims = base::Json::parse(base::AsText(text));
  const base::Json& evidence = claims["submods"]["cpu0"]["ear.veraison.annotated-evidence"];
  CHECK(evidence["runtime_data_claims"] == base::Json{{"additional-evidence", ""},
                                                      {"nonce", guest.nonce},
                                                      {"tee-pubkey", guest.tee_pubkey}});
  CHECK(evidence["sample"]["svn"] == "1");
  CHECK(claims["exp"].get<int64_t>() - claims["iat"].get<int64_t>() == 300);
}

TEST_CASE("A session that is attested gets its token again, whatever is sent") {
  Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  guest.Attest();
  const std::string token = guest.token;
  guest.evidence = [](base::ByteView /*digest*/) { return base::Json("rubbish"); };
  CHECK(guest.Attest().status == 200);
  CHECK(guest.token == token);
}

TEST_CASE("Evidence for another session's nonce is refused") {
  Broker broker;
  Guest first(*broker.service);
  first.Auth();
  const base::Json stale = first.Attestation();
  Guest second(*broker.service);
  second.Auth();
  const KbsAnswer answer = second.Send(stale);
  CHECK(answer.status == 401);
  CHECK(Variant(answer) == "AttestationError");
  CHECK(Detail(answer) == kAttestFailed);
  CHECK(answer.refusal == "refused: nonce is not the session's");
  CHECK(Variant(second.Get("default/test/secret")) == "TokenNotFound");
}

TEST_CASE("Old evidence under the new nonce is refused, as its digest is another") {
  Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  base::Json stale = guest.Attestation();
  guest.Auth();
  stale["runtime-data"]["nonce"] = guest.nonce;
  CHECK_THAT(guest.Send(stale).refusal,
             Catch::StartsWith("refused evidence of sample: report_data: expected "));
}

TEST_CASE("Attest without a live session is refused") {
  Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  SECTION("no cookie") {
    guest.cookie.clear();
    CHECK(guest.Attest().refusal == "refused: no session cookie");
  }
  SECTION("unknown session") {
    guest.cookie = "kbs-session-id=00000000000040008000000000000000";
    CHECK(guest.Attest().refusal == "refused: unknown session");
  }
  SECTION("expired session") {
    broker.now += absl::Seconds(300);
    CHECK(guest.Attest().refusal == "refused: session expired");
  }
  const KbsAnswer answer = guest.Attest();
  CHECK(answer.status == 401);
  CHECK(Variant(answer) == "AttestationError");
  CHECK(Detail(answer) == kAttestFailed);
}

TEST_CASE("The session lives to its last moment") {
  Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  broker.now += absl::Seconds(300) - absl::Milliseconds(1);
  CHECK(guest.Attest().status == 200);
}

TEST_CASE("An attestation that lacks a member is refused") {
  Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  base::Json attestation = guest.Attestation();
  const std::string pointer =
      GENERATE("/runtime-data", "/runtime-data/nonce", "/runtime-data/tee-pubkey",
               "/runtime-data/tee-pubkey/x", "/runtime-data/tee-pubkey/alg", "/tee-evidence",
               "/tee-evidence/primary_evidence", "/tee-evidence/additional_evidence");
  CAPTURE(pointer);
  const base::Json::json_pointer path(pointer);
  attestation[path.parent_pointer()].erase(path.back());
  const KbsAnswer answer = guest.Send(attestation);
  CHECK(Detail(answer) == kAttestFailed);
  CHECK_THAT(answer.refusal, Catch::StartsWith("refused: Attestation: "));
}

TEST_CASE("A member of the TEE key beyond the documented ones is not part of the digest") {
  Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  base::Json attestation = guest.Attestation();
  attestation["runtime-data"]["tee-pubkey"]["kid"] = "1";
  CHECK(guest.Send(attestation).status == 200);
}

TEST_CASE("A platform that the policy does not allow is refused") {
  Broker broker("allowed_tees = [\"tpm\"]\n");
  Guest guest(*broker.service);
  guest.Auth();
  CHECK(guest.Attest().refusal ==
        "refused evidence of sample: the policy does not allow this platform");
}

TEST_CASE("TPM evidence is judged against the policy's key and PCR values") {
  const fakes::FakeAk ak = fakes::FakeAk::Rsa(2048).value();
  Policy policy;
  policy.allowed_tees = {"tpm"};
  policy.reference.trusted_aks = {ak.SpkiDer().value()};
  policy.reference.expected_pcrs = {{11, base::Bytes(32, 0x11)}};
  Broker broker(policy);
  Guest guest(*broker.service, "tpm");
  const auto pcr = GENERATE(as<uint8_t>{}, 0x11, 0x12);
  guest.evidence = [&](base::ByteView digest) {
    fakes::TpmQuoteSpec spec;
    spec.extra_data = base::ToBytes(digest.first(32));
    spec.pcrs[11] = base::Bytes(32, pcr);
    return base::Json::parse(tee::tpm::FormatEvidence(fakes::BuildTpmEvidence(ak, spec).value()));
  };
  guest.Auth();
  const KbsAnswer answer = guest.Attest();
  if (pcr == 0x11) {
    CHECK(answer.refusal.empty());
    CHECK(guest.Open(guest.Get("default/test/secret")) == broker.secret);
    // The library takes header lines of up to 8192 bytes.
    CHECK(guest.token.size() < 7000);
  } else {
    CHECK(answer.refusal == "refused evidence of tpm: pcr.11: expected " +
                                base::HexEncode(base::Bytes(32, 0x11)) + ", found " +
                                base::HexEncode(base::Bytes(32, 0x12)));
    CHECK(Detail(answer) == kAttestFailed);
  }
}

// The whole of the recorded messages, with a broker that gives the recorded nonce.
TEST_CASE("The attest messages of the synthetic vectors are accepted, and any change is not") {
  const auto text = test::ReadVector("synthetic/rcar-0.4.0-sample.json");
  if (!text.has_value()) {
    WARN("skipped: no vectors");
    return;
  }
  const base::Json vector = base::Json::parse(*text);
  Broker broker("allowed_tees = [\"sample\", \"sampledevice\"]\n");
  broker.nonce = base::Base64Decode(vector["challenge"]["nonce"].get<std::string>()).value();
  Guest guest(*broker.service);
  CHECK(guest.Auth().status == 200);
  CHECK(guest.nonce == vector["challenge"]["nonce"]);
  const base::Json with_device = vector["with_sample_device_and_init_data"]["attest_request"];
  const base::Json attestation = GENERATE_COPY(vector["no_devices"]["attest_request"], with_device);
  base::Json changed = attestation;
  auto& x = changed["runtime-data"]["tee-pubkey"]["x"].get_ref<std::string&>();
  x[0] = x[0] == 'A' ? 'B' : 'A';
  CHECK_THAT(guest.Send(changed).refusal, Catch::Contains("report_data"));
  CHECK(guest.Send(attestation).refusal.empty());
  CHECK_FALSE(guest.token.empty());
}

}  // namespace
}  // namespace attestd::dev_kbs
