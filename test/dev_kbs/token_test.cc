// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/token.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"

namespace attestd::dev_kbs {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1795323759);

base::Json Claims() {
  return {{"exp", absl::ToUnixSeconds(kNow + absl::Seconds(300))}, {"tee", "tpm"}};
}

TEST_CASE("A token verifies and gives its claims") {
  const TokenSigner signer = TokenSigner::Create().value();
  const std::string token = signer.Sign(Claims()).value();
  CHECK(signer.Verify(token, kNow).value() == Claims());
}

TEST_CASE("The header names ES256 and carries the public key alone") {
  const TokenSigner signer = TokenSigner::Create().value();
  const std::string token = signer.Sign(Claims()).value();
  const base::Bytes text = base::Base64UrlDecode(token.substr(0, token.find('.'))).value();
  const base::Json header = base::Json::parse(base::AsText(text));
  CHECK(header["typ"] == "JWT");
  CHECK(header["alg"] == "ES256");
  CHECK(header["jwk"]["alg"] == "ES256");
  CHECK(header["jwk"]["crv"] == "P-256");
  CHECK_FALSE(header["jwk"].contains("d"));
}

TEST_CASE("A token with any changed part is refused") {
  const TokenSigner signer = TokenSigner::Create().value();
  const std::string token = signer.Sign(Claims()).value();
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  const size_t position = GENERATE_COPY(size_t{0}, first - 1, first, first + 1, last - 1, last,
                                        last + 1, token.size() - 2);
  CAPTURE(position);
  std::string changed = token;
  changed[position] = changed[position] == 'A' ? 'B' : 'A';
  CHECK(signer.Verify(changed, kNow).status().code() == absl::StatusCode::kUnauthenticated);
}

TEST_CASE("A text that is no token is refused") {
  const TokenSigner signer = TokenSigner::Create().value();
  const std::string token = signer.Sign(Claims()).value();
  const std::string header = token.substr(0, token.find('.'));
  const std::string text = GENERATE_COPY(
      std::string(), std::string("."), std::string(".."), header, header + ".", header + "..",
      token.substr(0, token.rfind('.')), token.substr(0, token.rfind('.') + 1), token + "AAAA",
      // "alg": "none"
      "eyJhbGciOiJub25lIn0" + token.substr(token.find('.'), token.rfind('.') + 1));
  CAPTURE(text);
  CHECK(signer.Verify(text, kNow).status().code() == absl::StatusCode::kUnauthenticated);
}

TEST_CASE("A token is good until a minute after its end") {
  const TokenSigner signer = TokenSigner::Create().value();
  const std::string token = signer.Sign(Claims()).value();
  CHECK(signer.Verify(token, kNow + absl::Seconds(359)).ok());
  CHECK_FALSE(signer.Verify(token, kNow + absl::Seconds(360)).ok());
}

TEST_CASE("A signed token without an end is refused") {
  const TokenSigner signer = TokenSigner::Create().value();
  const base::Json claims = GENERATE(base::Json{{"tee", "tpm"}}, base::Json{{"exp", "never"}});
  CHECK_FALSE(signer.Verify(signer.Sign(claims).value(), kNow).ok());
}

TEST_CASE("A token of another signer is refused") {
  const TokenSigner signer = TokenSigner::Create().value();
  const TokenSigner other = TokenSigner::Create().value();
  CHECK_FALSE(signer.Verify(other.Sign(Claims()).value(), kNow).ok());
}

}  // namespace
}  // namespace attestd::dev_kbs
