// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"

namespace attestd::base {
namespace {

TEST_CASE("Hash gives the FIPS 180-4 digests of abc") {
  CHECK(HexEncode(*Hash(HashAlgorithm::kSha256, AsBytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(HexEncode(*Hash(HashAlgorithm::kSha384, AsBytes("abc"))) ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7");
  CHECK(Hash(HashAlgorithm::kSha512, {})->size() == 64);
}

TEST_CASE("Hash algorithms are named as the protocol names them, in any case") {
  CHECK(*ParseHashAlgorithm("sha384") == HashAlgorithm::kSha384);
  CHECK(*ParseHashAlgorithm("SHA512") == HashAlgorithm::kSha512);
  CHECK(HashAlgorithmName(HashAlgorithm::kSha256) == "sha256");
  const std::string_view bad = GENERATE("", "md5", "sha-384", "sm3", "sha256sha256sha256", "sha25");
  CHECK_FALSE(ParseHashAlgorithm(bad).ok());
}

TEST_CASE("A register is extended by the hash of its value and the digest") {
  CHECK(*ExtendedValue(HashAlgorithm::kSha256, AsBytes("a"), AsBytes("bc")) ==
        *Hash(HashAlgorithm::kSha256, AsBytes("abc")));
}

}  // namespace
}  // namespace attestd::base
