// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/guest.h"

#include <openssl/rsa.h>

#include <utility>

#include "base/encoding.h"
#include "base/hash.h"
#include "evidence/runtime_data.h"
#include "test/dev_kbs/jwe_open.h"
#include "test/dev_kbs/rsa_key.h"

namespace attestd::dev_kbs {

Guest::Guest(KbsService& kbs, std::string tee, const Protocol& protocol)
    : evidence([](base::ByteView digest) {
        return base::Json{{"svn", "1"}, {"report_data", base::Base64Encode(digest)}};
      }),
      kbs_(kbs),
      tee_(std::move(tee)),
      protocol_(protocol),
      key_(GenerateEcKey(kP256).value()) {
  tee_pubkey = PublicEcJwk(kP256, *key_).value();
  tee_pubkey["alg"] = "ECDH-ES+A256KW";
}

void Guest::UseRsa(const std::string& alg) {
  key_.reset(EVP_RSA_gen(2048));
  tee_pubkey = PublicRsaJwk(*key_).value();
  tee_pubkey["alg"] = alg;
}

KbsAnswer Guest::Auth() {
  const base::Json request = {
      {"version", std::string(protocol_.version)}, {"tee", tee_}, {"extra-params", ""}};
  KbsAnswer answer =
      kbs_.Handle({.method = "POST", .path = "/kbs/v0/auth", .body = request.dump()});
  if (answer.status == 200) {
    nonce = base::Json::parse(answer.body).at("nonce");
    cookie = answer.set_cookie.substr(0, answer.set_cookie.find(';'));
  }
  return answer;
}

base::Json Guest::Attestation() const {
  const evidence::RuntimeData runtime_data(nonce, tee_pubkey);
  if (!protocol_.composite) {
    const base::Bytes device = runtime_data.DeviceDigest(base::HashAlgorithm::kSha384).value();
    return {{"tee-pubkey", tee_pubkey}, {"tee-evidence", evidence(device)}};
  }
  const base::Bytes digest = runtime_data.PrimaryDigest(base::HashAlgorithm::kSha384, "").value();
  return {{"init-data", nullptr},
          {"runtime-data", {{"nonce", nonce}, {"tee-pubkey", tee_pubkey}}},
          {"tee-evidence", {{"additional_evidence", ""}, {"primary_evidence", evidence(digest)}}}};
}

KbsAnswer Guest::Attest() { return Send(Attestation()); }

KbsAnswer Guest::Send(const base::Json& attestation) {
  KbsAnswer answer = kbs_.Handle(
      {.method = "POST", .path = "/kbs/v0/attest", .cookie = cookie, .body = attestation.dump()});
  if (answer.status == 200) {
    token = base::Json::parse(answer.body).at("token");
  }
  return answer;
}

KbsAnswer Guest::Get(const std::string& resource, const std::string& authorization) {
  return kbs_.Handle({.method = "GET",
                      .path = "/kbs/v0/resource/" + resource,
                      .cookie = cookie,
                      .authorization = authorization});
}

KbsAnswer Guest::Call(const std::string& path, const std::string& query) {
  return kbs_.Handle({.path = "/kbs/v0/" + path, .query = query, .cookie = cookie});
}

base::Bytes Guest::Open(const KbsAnswer& answer) const {
  return OpenJwe(key_.get(), answer.body).value();
}

std::string Variant(const KbsAnswer& answer) {
  const std::string prefix = "https://github.com/confidential-containers/kbs/errors/";
  const base::Json body = base::Json::parse(answer.body, nullptr, false);
  const std::string type = body.is_object() ? body.value("type", "") : "";
  return type.starts_with(prefix) ? type.substr(prefix.size()) : "";
}

std::string Detail(const KbsAnswer& answer) { return base::Json::parse(answer.body).at("detail"); }

}  // namespace attestd::dev_kbs
