// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/init_data.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "base/encoding.h"
#include "base/hash.h"
#include "test/support/vectors.h"

namespace attestd::dev_kbs {
namespace {

TEST_CASE("The digest of init data is over the whole text by the algorithm that it names") {
  const auto [name, hash] =
      GENERATE(table<std::string, base::HashAlgorithm>({{"sha256", base::HashAlgorithm::kSha256},
                                                        {"sha384", base::HashAlgorithm::kSha384},
                                                        {"sha512", base::HashAlgorithm::kSha512}}));
  const std::string text = "algorithm = \"" + name + "\"\nversion = \"0.1.0\"\n[data]\n";
  CHECK(InitDataDigest(text).value() == base::Hash(hash, base::AsBytes(text)).value());
}

TEST_CASE("Init data that is no TOML or names no algorithm of ours has no digest") {
  const std::string text = GENERATE("", "algorithm", "algorithm = 256\n", "algorithm = \"sm3\"\n",
                                    "[data]\nalgorithm = \"sha256\"\n");
  CAPTURE(text);
  const auto digest = InitDataDigest(text);
  CHECK(absl::IsInvalidArgument(digest.status()));
  CHECK_THAT(std::string(digest.status().message()), Catch::StartsWith("init-data"));
}

TEST_CASE("The recorded init data has the recorded digest") {
  const std::optional<std::string> text = test::ReadVector("initdata/init-data-with-policy.toml");
  if (!text.has_value()) {
    WARN("SKIPPED: no recorded init data");
    return;
  }
  CHECK(base::HexEncode(InitDataDigest(*text).value()) ==
        "0deccded0d87ec44702c7330fac3eb936b68dcca5c9f6b5df1fb3480c0b525ac");
}

}  // namespace
}  // namespace attestd::dev_kbs
