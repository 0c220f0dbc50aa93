// SPDX-License-Identifier: Apache-2.0
#include "evidence/runtime_data.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/encoding.h"

namespace attestd::evidence {
namespace {

using base::HashAlgorithm;
using base::HexEncode;

RuntimeData Sample() {
  return {
      "bm9uY2U=",
      {{"kty", "EC"}, {"crv", "P-256"}, {"alg", "ECDH-ES+A256KW"}, {"x", "AAAA"}, {"y", "BBBB"}}};
}

TEST_CASE("The digests are those of the reference implementation") {
  const RuntimeData data = Sample();
  CHECK(HexEncode(*data.DeviceDigest(HashAlgorithm::kSha384)) ==
        "84311321a3f9248c2457e978ea553b35b2b6e99f0d949e55b9fc7fc1040807571644e7e47c90a2a673e49a46f2"
        "65ec7a");
  CHECK(HexEncode(*data.PrimaryDigest(HashAlgorithm::kSha384, "")) ==
        "d20490d30e5f16cba693abc1ca3c31ed977d2722d0adf01a980972d16913dc38f103c1f12abf477df0523af2b1"
        "2e4b43");
  CHECK(HexEncode(*data.PrimaryDigest(HashAlgorithm::kSha256, "")) ==
        "c991185defcc7f9b49f15d44ab9eceba0c83001f689c57802427dce5e594d5d9");
  CHECK(HexEncode(*data.PrimaryDigest(HashAlgorithm::kSha512, ""))
            .starts_with("573ddd6a846dda248035988bc2b3efebbd071732d1545391a9d2a508b1307c38"));
}

TEST_CASE("Additional evidence and the nonce change the digest") {
  const auto base_digest = *Sample().PrimaryDigest(HashAlgorithm::kSha384, "");
  CHECK(*Sample().PrimaryDigest(HashAlgorithm::kSha384, "{}") != base_digest);
  const RuntimeData other("bm9uY2V=", Sample().tee_pubkey());
  CHECK(*other.PrimaryDigest(HashAlgorithm::kSha384, "") != base_digest);
  CHECK(*Sample().DeviceDigest(HashAlgorithm::kSha384) != base_digest);
}

}  // namespace
}  // namespace attestd::evidence
