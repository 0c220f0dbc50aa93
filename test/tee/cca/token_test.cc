// SPDX-License-Identifier: Apache-2.0
#include "tee/cca/format/token.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "base/encoding.h"
#include "test/fakes/cca_signer.h"
#include "test/support/vectors.h"

namespace attestd::tee::cca {
namespace {

using base::Bytes;
using base::Cbor;
using fakes::CcaSigner;
using fakes::CcaTokenSpec;
using fakes::Claim;

const CcaSigner& Signer() {
  static const CcaSigner signer = CcaSigner::Create().value();
  return signer;
}

TEST_CASE("A CCA token is read with every claim") {
  const Token token =
      ParseToken(Signer().Sign(Signer().TypicalToken(Bytes(48, 0x5a)).value()).value()).value();
  CHECK(token.platform_signature.algorithm == kEs384);
  CHECK(token.platform_signature.value.size() == 96);
  CHECK(token.platform.profile == "tag:arm.com,2023:cca_platform#1.0.0");
  CHECK(token.platform.lifecycle == 0x3000);
  CHECK(token.platform.implementation_id == Bytes(32, 0x7f));
  CHECK(token.platform.instance_id == Bytes(33, 1));
  CHECK(token.platform.config == Bytes(4, 0xcf));
  CHECK(token.platform.verification_service == "https://verifier.example/");
  REQUIRE(token.platform.components.size() == 2);
  CHECK(token.platform.components[1].type == "RMM");
  CHECK(token.platform.components[1].measurement == Bytes(32, 5));
  CHECK(token.realm.challenge[47] == 0x5a);
  CHECK(token.realm.challenge[48] == 0);
  CHECK(token.realm.public_key == Signer().RealmKeyPoint().value());
  CHECK(token.realm.public_key_hash_algorithm == "sha-256");
  CHECK(token.realm.extensible_measurements[3] == Bytes(64, 0x43));
  CHECK_FALSE(token.realm.profile.has_value());
}

TEST_CASE("A CCA token may leave out what the specification calls optional") {
  CcaTokenSpec spec = Signer().TypicalToken(Bytes(64)).value();
  fakes::RemoveClaim(spec.platform, 2400);
  Claim(spec.platform, 2399) = Cbor::Array({});
  const Token token = ParseToken(Signer().Sign(spec).value()).value();
  CHECK_FALSE(token.platform.verification_service.has_value());
  CHECK(token.platform.components.empty());
}

struct Mutation {
  const char* message;
  std::function<void(CcaTokenSpec&)> apply;
};

TEST_CASE("A CCA token with a claim that is missing or of another shape is refused by its name") {
  const auto mutation = GENERATE(values<Mutation>({
      {"CCA platform token: profile (265)",
       [](CcaTokenSpec& s) { fakes::RemoveClaim(s.platform, 265); }},
      {"CCA platform token: challenge (10)",
       [](CcaTokenSpec& s) { Claim(s.platform, 10) = Cbor::Text("x"); }},
      {"CCA platform token: platform lifecycle (2395)",
       [](CcaTokenSpec& s) { Claim(s.platform, 2395) = Cbor::Integer(0x10000); }},
      {"CCA platform token: platform lifecycle (2395)",
       [](CcaTokenSpec& s) { Claim(s.platform, 2395) = Cbor::Integer(-1); }},
      {"CCA platform token: platform config (2401): more than 4096 bytes",
       [](CcaTokenSpec& s) { Claim(s.platform, 2401) = Cbor::ByteString(Bytes(4097)); }},
      {"CCA platform token: platform software components (2399)",
       [](CcaTokenSpec& s) { Claim(s.platform, 2399) = Cbor::Map({}); }},
      {"CCA platform token: software component 0: measurement (2)",
       [](CcaTokenSpec& s) { Claim(s.platform, 2399) = Cbor::Array({Cbor::Map({})}); }},
      {"CCA platform token: the claims are no map",
       [](CcaTokenSpec& s) { s.platform = Cbor::Array({}); }},
      {"CCA realm token: challenge (10): not 64 bytes",
       [](CcaTokenSpec& s) { Claim(s.realm, 10) = Cbor::ByteString(Bytes(63)); }},
      {"CCA realm token: realm personalization value (44235)",
       [](CcaTokenSpec& s) { fakes::RemoveClaim(s.realm, 44235); }},
      {"CCA realm token: realm extensible measurements (44239)",
       [](CcaTokenSpec& s) { Claim(s.realm, 44239).items.pop_back(); }},
      {"CCA realm token: realm extensible measurements (44239)",
       [](CcaTokenSpec& s) { Claim(s.realm, 44239).items[0] = Cbor::Integer(1); }},
      {"CCA realm token: realm public key hash algorithm (44240)",
       [](CcaTokenSpec& s) { Claim(s.realm, 44240) = Cbor::Integer(1); }},
  }));
  CAPTURE(mutation.message);
  CcaTokenSpec spec = Signer().TypicalToken(Bytes(64)).value();
  mutation.apply(spec);
  const auto token = ParseToken(Signer().Sign(spec).value());
  CHECK(absl::IsInvalidArgument(token.status()));
  CHECK_THAT(std::string(token.status().message()), Catch::StartsWith(mutation.message));
}

// The parts of a token by their way from the outermost value: what may be put in their place.
TEST_CASE("Bytes that are no CCA token are refused") {
  const Cbor good =
      base::ParseCbor(Signer().Sign(Signer().TypicalToken(Bytes(64)).value()).value()).value();
  const Cbor platform = good.items[0].items[1];
  const Cbor sign1 = base::ParseCbor(platform.bytes).value();
  const auto wrap = [&good](const Cbor& part) {
    Cbor token = good;
    token.items[0].items[1] = Cbor::ByteString(base::EncodeCbor(part));
    return token;
  };
  Cbor untagged = sign1.items[0];
  Cbor detached = sign1;
  detached.items[0].items[2] = {.kind = Cbor::Kind::kSimple, .number = 22};
  Cbor no_algorithm = sign1;
  no_algorithm.items[0].items[0] = Cbor::ByteString(base::EncodeCbor(Cbor::Map({})));
  Cbor critical = sign1;
  critical.items[0].items[0] = Cbor::ByteString(
      base::EncodeCbor(Cbor::Map({Cbor::Integer(1), Cbor::Integer(-35), Cbor::Integer(2),
                                  Cbor::Array({Cbor::Integer(100)})})));
  const Cbor token = GENERATE_COPY(Cbor::Integer(1), good.items[0], Cbor::Tag(400, good.items[0]),
                                   Cbor::Tag(399, Cbor::Array({})), Cbor::Tag(399, Cbor::Map({})),
                                   wrap(untagged), wrap(Cbor::Tag(17, untagged)), wrap(detached),
                                   wrap(no_algorithm), wrap(critical));
  CHECK(ParseToken(base::EncodeCbor(good)).ok());
  CHECK(absl::IsInvalidArgument(ParseToken(base::EncodeCbor(token)).status()));
}

TEST_CASE("A CCA token is refused wherever it is cut") {
  const Bytes token = Signer().Sign(Signer().TypicalToken(Bytes(64)).value()).value();
  for (size_t size = 0; size < token.size(); size += 7) {
    CAPTURE(size);
    CHECK(absl::IsInvalidArgument(ParseToken(base::ByteView(token).first(size)).status()));
  }
}

TEST_CASE("The realm's public key is taken as a point and as a COSE_Key") {
  const Bytes point = Signer().RealmKeyPoint().value();
  RealmClaims realm;
  realm.public_key = point;
  CHECK(RealmKeyPoint(realm).value() == Bytes(point.begin() + 1, point.end()));
  realm.public_key = Signer().RealmCoseKey().value();
  CHECK(RealmKeyPoint(realm).value() == Bytes(point.begin() + 1, point.end()));
  realm.public_key[5] ^= 1;
  CHECK(absl::IsInvalidArgument(RealmKeyPoint(realm).status()));
  realm.public_key = Bytes(97, 2);
  CHECK(absl::IsInvalidArgument(RealmKeyPoint(realm).status()));
  realm.public_key = {};
  CHECK(absl::IsInvalidArgument(RealmKeyPoint(realm).status()));
}

TEST_CASE("The recorded CCA token is read") {
  const std::optional<std::string> bytes = test::ReadVector("cca/cca-example-token.cbor");
  if (!bytes.has_value()) {
    WARN("SKIPPED: no recorded token");
    return;
  }
  const Token token = ParseToken(base::AsBytes(*bytes)).value();
  CHECK(base::HexEncode(token.platform.challenge) ==
        "b5973cb68baa9fc55558786b7ec67f69e40df5ba5aa921cd0c27f40587a011ea");
  CHECK(token.platform.components.size() == 13);
  CHECK(base::HexEncode(token.realm.challenge).starts_with("57e979ae2618"));
}

}  // namespace
}  // namespace attestd::tee::cca
