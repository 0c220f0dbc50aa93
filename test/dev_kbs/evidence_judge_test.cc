// SPDX-License-Identifier: Apache-2.0
// The policy's part in the judgement of platforms; their own checks are tested in test/appraisal.
#include "test/dev_kbs/evidence_judge.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/hash.h"
#include "evidence/init_data.h"
#include "tee/cca/format/evidence.h"
#include "test/dev_kbs/broker.h"
#include "test/dev_kbs/guest.h"
#include "test/fakes/cca_signer.h"

namespace attestd::dev_kbs {
namespace {

using base::Cbor;

const std::string kInitData = "algorithm = \"sha512\"\nversion = \"0.1.0\"\n[data]\nk = \"v\"\n";

// Arm CCA platforms: one that is trusted by the policy that is read from a file.
struct Realm {
  Realm() { std::ofstream(folder.File("cpak.json")) << signer.PlatformJwk().value(); }

  Policy ReadPolicyWith(const std::string& top, const std::string& tables = "") const {
    const std::string path = folder.File("policy.toml");
    std::ofstream(path) << "allowed_tees = [\"cca\"]\n" + top +
                               "[roots]\nfiles = [\"cpak.json\"]\n" + tables;
    return ReadPolicy(path).value();
  }

  // What `change` made of a token that is bound to the digest.
  template <typename Change>
  auto Evidence(Change change) const {
    return [this, change](base::ByteView digest) {
      fakes::CcaTokenSpec spec = signer.TypicalToken(digest).value();
      change(spec);
      return base::Json::parse(tee::cca::FormatEvidence(signer.Sign(spec).value()));
    };
  }
  auto Evidence() const {
    return Evidence([](fakes::CcaTokenSpec&) {});
  }

  test::TempDir folder;
  fakes::CcaSigner signer = fakes::CcaSigner::Create().value();
};

void BindInitData(fakes::CcaTokenSpec& spec) {
  fakes::Claim(spec.realm, 44235) = Cbor::ByteString(evidence::ParseInitData(kInitData)->digest);
}

// The guest's attestation message with init data in it.
base::Json WithInitData(const Guest& guest, const std::string& body) {
  base::Json attestation = guest.Attestation();
  attestation["init-data"] = {{"format", "toml"}, {"body", body}};
  return attestation;
}

base::Json Claims(const Guest& guest) {
  const size_t begin = guest.token.find('.') + 1;
  const std::string payload = guest.token.substr(begin, guest.token.find('.', begin) - begin);
  return base::Json::parse(base::AsText(base::Base64UrlDecode(payload).value()));
}

TEST_CASE("Evidence by a platform key in the policy's roots is accepted, with its claims") {
  const Realm realm;
  Broker broker(realm.ReadPolicyWith(""));
  Guest guest(*broker.service, "cca");
  guest.evidence = realm.Evidence();
  guest.Auth();
  const KbsAnswer answer = guest.Attest();
  CHECK(answer.refusal.empty());
  CHECK(guest.Open(guest.Get("default/test/secret")) == broker.secret);
  const base::Json submodule = Claims(guest)["submods"]["cpu0"];
  CHECK(submodule["ear.status"] == "affirming");
  const base::Json& evidence = submodule["ear.veraison.annotated-evidence"];
  CHECK(evidence["cca"]["platform"]["cca-platform-lifecycle"] == 0x3000);
  CHECK(evidence["report_data"].is_string());
}

TEST_CASE("Evidence by a platform key that is not in the policy's roots is refused") {
  const Realm realm;
  const Realm stranger;
  Broker broker(realm.ReadPolicyWith(""));
  Guest guest(*broker.service, "cca");
  guest.evidence = stranger.Evidence();
  guest.Auth();
  CHECK_THAT(guest.Attest().refusal,
             Catch::StartsWith("refused evidence of cca: platform.signature: "));
}

TEST_CASE("A platform in debug is refused unless the policy allows it") {
  const Realm realm;
  const bool allowed = GENERATE(false, true);
  Broker broker(realm.ReadPolicyWith(allowed ? "allow_debug = true\n" : ""));
  Guest guest(*broker.service, "cca");
  guest.evidence = realm.Evidence(
      [](fakes::CcaTokenSpec& spec) { fakes::Claim(spec.platform, 2395) = Cbor::Integer(0x4000); });
  guest.Auth();
  CHECK((guest.Attest().status == 200) == allowed);
}

TEST_CASE("Init data is accepted only with its digest bound to the platform") {
  const Realm realm;
  Broker broker(realm.ReadPolicyWith(""));
  Guest guest(*broker.service, "cca");
  guest.evidence = realm.Evidence(BindInitData);
  guest.Auth();
  CHECK_THAT(guest.Send(WithInitData(guest, kInitData + " ")).refusal,
             Catch::StartsWith("refused evidence of cca: init_data: "));
  CHECK_THAT(guest.Send(WithInitData(guest, "algorithm = \"md5\"\n")).refusal,
             Catch::StartsWith("refused evidence of cca: init data: "));
  CHECK(guest.Send(WithInitData(guest, kInitData)).refusal.empty());
}

TEST_CASE("Init data in another shape than format and body is refused") {
  Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  base::Json attestation = guest.Attestation();
  attestation["init-data"] = GENERATE(base::Json("text"), base::Json{{"format", "toml"}},
                                      base::Json{{"format", "json"}, {"body", ""}},
                                      base::Json{{"format", "toml"}, {"body", 1}});
  CAPTURE(attestation["init-data"].dump());
  CHECK_THAT(guest.Send(attestation).refusal, Catch::StartsWith("refused: Attestation: "));
  CHECK(guest.Attest().refusal.empty());
}

TEST_CASE("The digest that the policy names must be bound, and be that of init data that comes") {
  const Realm realm;
  const std::string hex = base::HexEncode(evidence::ParseInitData(kInitData)->digest);
  Broker broker(realm.ReadPolicyWith("", "[init_data_digests]\ncca = \"" + hex + "\"\n"));
  Guest guest(*broker.service, "cca");
  guest.evidence = realm.Evidence();
  guest.Auth();
  CHECK_THAT(guest.Attest().refusal, Catch::StartsWith("refused evidence of cca: init_data: "));
  guest.evidence = realm.Evidence(BindInitData);
  const std::string other = "version = \"0.1.0\"\nalgorithm = \"sha256\"\n";
  CHECK_THAT(guest.Send(WithInitData(guest, other)).refusal,
             Catch::StartsWith("refused evidence of cca: init data: expected the digest " + hex));
  CHECK(guest.Attest().refusal.empty());
}

TEST_CASE("The sample platform proves nothing, so that its init data is only repeated") {
  Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  CHECK(guest.Send(WithInitData(guest, kInitData)).refusal.empty());
  CHECK(Claims(guest)["submods"]["cpu0"]["ear.veraison.annotated-evidence"]["init_data"] ==
        base::Base64Encode(evidence::ParseInitData(kInitData)->digest));
}

}  // namespace
}  // namespace attestd::dev_kbs
