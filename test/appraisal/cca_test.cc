// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "appraisal/appraisal.h"
#include "appraisal/trust_store.h"
#include "base/encoding.h"
#include "tee/cca/format/evidence.h"
#include "test/appraisal/failed_names.h"
#include "test/fakes/cca_signer.h"
#include "test/support/vectors.h"

namespace attestd::appraisal {
namespace {

using base::Bytes;
using base::Cbor;
using base::PublicKey;
using fakes::CcaSigner;
using fakes::CcaTokenSpec;
using fakes::Claim;

const Bytes kDigest(48, 0x5a);

const CcaSigner& Signer() {
  static const CcaSigner signer = CcaSigner::Create().value();
  return signer;
}

CcaTokenSpec GoodSpec() { return Signer().TypicalToken(kDigest).value(); }

ReferenceValues Trusting(const CcaSigner& signer) {
  ReferenceValues reference;
  reference.platform_keys = {signer.platform_key().value()};
  reference.init_data_digest = Bytes(48, 0);
  return reference;
}

Appraisal Judge(const Bytes& token, const ReferenceValues& reference) {
  const std::string json = tee::cca::FormatEvidence(token);
  return Appraise("cca", {.evidence_json = json, .report_data = kDigest, .reference = reference})
      .value();
}

TEST_CASE("A CCA token by a trusted platform key passes every check") {
  const Bytes token = Signer().Sign(GoodSpec()).value();
  const Appraisal appraisal = Judge(token, Trusting(Signer()));
  INFO(appraisal.FirstFailure());
  CHECK(appraisal.passed());
  CHECK(appraisal.checks.size() == 7);
  const ReferenceValues reference = Trusting(Signer());
  const auto raw = Appraise("cca", {.raw = token, .report_data = kDigest, .reference = reference});
  CHECK(raw.value().passed());
  CHECK(raw.value().claims == appraisal.claims);
}

TEST_CASE("A CCA platform key on P-256 signs by ES256, and a realm key may be a COSE_Key") {
  const CcaSigner signer = CcaSigner::Create(PublicKey::Curve::kP256).value();
  CcaTokenSpec spec = signer.TypicalToken(kDigest).value();
  spec.platform_algorithm = -7;
  const Bytes key = signer.RealmCoseKey().value();
  Claim(spec.realm, 44237) = Cbor::ByteString(key);
  Claim(spec.realm, 44240) = Cbor::Text("sha-512");
  Claim(spec.platform, 10) =
      Cbor::ByteString(base::Hash(base::HashAlgorithm::kSha512, key).value());
  const Appraisal appraisal = Judge(signer.Sign(spec).value(), Trusting(signer));
  INFO(appraisal.FirstFailure());
  CHECK(appraisal.passed());
}

struct Mutation {
  const char* what;
  const char* failing;
  std::function<void(CcaTokenSpec&)> apply;
};

TEST_CASE("A CCA token with one thing wrong fails exactly that check") {
  const auto mutation = GENERATE(values<Mutation>({
      {"a profile of the future", "platform.profile",
       [](CcaTokenSpec& s) {
         Claim(s.platform, 265) = Cbor::Text("tag:arm.com,2099:cca_platform#9.0.0");
       }},
      {"debug", "platform.lifecycle",
       [](CcaTokenSpec& s) { Claim(s.platform, 2395) = Cbor::Integer(0x4000); }},
      {"recoverable debug", "platform.lifecycle",
       [](CcaTokenSpec& s) { Claim(s.platform, 2395) = Cbor::Integer(0x5000); }},
      {"decommissioned", "platform.lifecycle",
       [](CcaTokenSpec& s) { Claim(s.platform, 2395) = Cbor::Integer(0x6000); }},
      {"no state", "platform.lifecycle",
       [](CcaTokenSpec& s) { Claim(s.platform, 2395) = Cbor::Integer(0); }},
      {"the hash of another key", "platform.challenge",
       [](CcaTokenSpec& s) { Claim(s.platform, 10).bytes[31] ^= 1; }},
      {"another hash of the key", "platform.challenge",
       [](CcaTokenSpec& s) { Claim(s.realm, 44240) = Cbor::Text("sha-512"); }},
      {"an unknown hash", "platform.challenge",
       [](CcaTokenSpec& s) { Claim(s.realm, 44240) = Cbor::Text("sha-1"); }},
      {"one bit of the challenge", "report_data",
       [](CcaTokenSpec& s) { Claim(s.realm, 10).bytes[0] ^= 1; }},
      {"a bit in the padding", "report_data",
       [](CcaTokenSpec& s) { Claim(s.realm, 10).bytes[63] ^= 1; }},
      {"other init data", "init_data", [](CcaTokenSpec& s) { Claim(s.realm, 44235).bytes[0] = 1; }},
      {"EdDSA", "platform.signature", [](CcaTokenSpec& s) { s.platform_algorithm = -8; }},
      {"ES256 by a key on P-384", "platform.signature",
       [](CcaTokenSpec& s) { s.platform_algorithm = -7; }},
      {"ES256 by the realm", "realm.signature", [](CcaTokenSpec& s) { s.realm_algorithm = -7; }},
  }));
  CAPTURE(mutation.what);
  CcaTokenSpec spec = GoodSpec();
  mutation.apply(spec);
  const Appraisal appraisal = Judge(Signer().Sign(spec).value(), Trusting(Signer()));
  CHECK(FailedNames(appraisal) == std::vector<std::string>{mutation.failing});
  CHECK_FALSE(appraisal.passed());
}

TEST_CASE("A CCA token that was changed after it was signed fails the signature") {
  Bytes token = Signer().Sign(GoodSpec()).value();
  token.back() ^= 1;  // the end of the realm's signature
  CHECK(FailedNames(Judge(token, Trusting(Signer()))) ==
        std::vector<std::string>{"realm.signature"});

  Bytes other = Signer().Sign(GoodSpec()).value();
  // The lifecycle 0x3000 inside the platform's claims: 0x3001 is secured too.
  const Bytes lifecycle = {0x19, 0x09, 0x5b, 0x19, 0x30, 0x00};
  const auto found = std::search(other.begin(), other.end(), lifecycle.begin(), lifecycle.end());
  REQUIRE(found != other.end());
  *(found + 5) = 1;
  CHECK(FailedNames(Judge(other, Trusting(Signer()))) ==
        std::vector<std::string>{"platform.signature"});
}

TEST_CASE("A realm token beside the platform token of another realm is refused") {
  const CcaSigner other = CcaSigner::Create().value();
  const CcaTokenSpec spec = other.TypicalToken(kDigest).value();
  Cbor theirs = base::ParseCbor(other.Sign(spec).value()).value();
  Cbor ours = base::ParseCbor(Signer().Sign(GoodSpec()).value()).value();
  // Each signature stays valid by its own key.
  theirs.items[0].items[1] = ours.items[0].items[1];
  CHECK(FailedNames(Judge(base::EncodeCbor(theirs), Trusting(Signer()))) ==
        std::vector<std::string>{"platform.challenge"});
}

TEST_CASE("A realm's key that is no point on the curve verifies nothing") {
  CcaTokenSpec spec = GoodSpec();
  Bytes key(97, 7);
  key[0] = 4;
  Claim(spec.realm, 44237) = Cbor::ByteString(key);
  Claim(spec.platform, 10) =
      Cbor::ByteString(base::Hash(base::HashAlgorithm::kSha256, key).value());
  CHECK(FailedNames(Judge(Signer().Sign(spec).value(), Trusting(Signer()))) ==
        std::vector<std::string>{"realm.signature"});
}

TEST_CASE("Without a trusted platform key no CCA token passes, and the check says so") {
  ReferenceValues reference = Trusting(Signer());
  const Bytes token = Signer().Sign(GoodSpec()).value();
  reference.platform_keys.clear();
  Appraisal appraisal = Judge(token, reference);
  CHECK(FailedNames(appraisal) == std::vector<std::string>{"platform.signature"});
  CHECK_THAT(appraisal.FirstFailure(), Catch::Contains("none is configured"));

  const PublicKey stranger = CcaSigner::Create().value().platform_key().value();
  reference.platform_keys = {stranger};
  CHECK(FailedNames(Judge(token, reference)) == std::vector<std::string>{"platform.signature"});
  reference.platform_keys = {stranger, Signer().platform_key().value()};
  CHECK(Judge(token, reference).passed());
}

TEST_CASE("A CCA platform in debug passes only where that is allowed, a broken one never") {
  CcaTokenSpec spec = GoodSpec();
  Claim(spec.platform, 2395) = Cbor::Integer(0x40ff);
  ReferenceValues reference = Trusting(Signer());
  reference.allow_debug = true;
  CHECK(Judge(Signer().Sign(spec).value(), reference).passed());
  Claim(spec.platform, 2395) = Cbor::Integer(0x6000);
  CHECK(FailedNames(Judge(Signer().Sign(spec).value(), reference)) ==
        std::vector<std::string>{"platform.lifecycle"});
}

TEST_CASE("CCA evidence that cannot be read is an error, not a verdict") {
  const std::string json = GENERATE("", "{}", R"({"token":[]})", R"({"token":[1,2]})");
  CAPTURE(json);
  const ReferenceValues reference;
  CHECK(absl::IsInvalidArgument(
      Appraise("cca", {.evidence_json = json, .reference = reference}).status()));
}

TEST_CASE("The recorded CCA token passes, with claims of the recorded names") {
  const std::optional<std::string> token = test::ReadVector("cca/cca-example-token.cbor");
  const std::optional<std::string> key = test::ReadVector("cca/cpak-pub.json");
  const std::optional<std::string> golden = test::ReadVector("cca/cca-claims.json");
  if (!token.has_value() || !key.has_value() || !golden.has_value()) {
    WARN("SKIPPED: no recorded token");
    return;
  }
  ReferenceValues reference;
  REQUIRE(AddTrusted(*key, reference).ok());
  const Appraisal appraisal =
      Appraise("cca", {.raw = base::AsBytes(*token), .reference = reference}).value();
  INFO(appraisal.FirstFailure());
  CHECK(appraisal.passed());
  const base::Json expected = base::ParseJson(*golden).value();
  for (const char* part : {"platform", "realm"}) {
    for (const auto& [name, value] : expected[part].items()) {
      CAPTURE(name);
      CHECK(appraisal.claims[part].contains(name));
      CHECK(appraisal.claims[part][name].type() == value.type());
    }
  }
}

}  // namespace
}  // namespace attestd::appraisal
