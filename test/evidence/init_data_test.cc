// SPDX-License-Identifier: Apache-2.0
#include "evidence/init_data.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "base/encoding.h"
#include "base/hash.h"
#include "test/support/vectors.h"

namespace attestd::evidence {
namespace {

TEST_CASE("The digest of init data is over the whole text by the algorithm that it names") {
  const auto [name, hash] =
      GENERATE(table<std::string, base::HashAlgorithm>({{"sha256", base::HashAlgorithm::kSha256},
                                                        {"sha384", base::HashAlgorithm::kSha384},
                                                        {"sha512", base::HashAlgorithm::kSha512}}));
  const std::string text = "algorithm = \"" + name + "\"\nversion = \"0.1.0\"\n[data]\n";
  const InitData init_data = ParseInitData(text).value();
  CHECK(init_data.digest == base::Hash(hash, base::AsBytes(text)).value());
  CHECK(init_data.text == text);
}

TEST_CASE("Init data may hold any UTF-8, and its digest is over it") {
  const std::string text =
      "version = \"0.1.0\"\nalgorithm = \"sha256\"\n[data]\n\"a.toml\" = '''\nn = "
      "\"gr\xc3\xbc\xc3\x9f\"\n'''\n";
  CHECK(ParseInitData(text)->digest ==
        base::Hash(base::HashAlgorithm::kSha256, base::AsBytes(text)).value());
}

TEST_CASE("What is no init data of this version is refused by name") {
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {"", "no version"},
      {"version", "init data:1"},
      {"version = \"0.2.0\"\nalgorithm = \"sha256\"\n", "version is not \"0.1.0\""},
      {"version = 1\n", "expected a string"},
      {"version = \"0.1.0\"\n", "no algorithm"},
      {"version = \"0.1.0\"\nalgorithm = 256\n", "expected a string"},
      {"version = \"0.1.0\"\nalgorithm = \"sm3\"\n", "sha256, sha384 or sha512"},
      {"version = \"0.1.0\"\n[data]\nalgorithm = \"sha256\"\n", "no algorithm"},
      {"version = \"0.1.0\"\nalgorithm = \"sha256\"\n# \xff\n", "not UTF-8"},
  }));
  CAPTURE(text);
  const auto init_data = ParseInitData(text);
  CHECK(absl::IsInvalidArgument(init_data.status()));
  CHECK_THAT(std::string(init_data.status().message()),
             Catch::StartsWith("init data") && Catch::Contains(words));
}

TEST_CASE("The recorded init data has the recorded digest") {
  const std::optional<std::string> text = test::ReadVector("initdata/init-data-with-policy.toml");
  if (!text.has_value()) {
    WARN("SKIPPED: no recorded init data");
    return;
  }
  CHECK(base::HexEncode(ParseInitData(*text)->digest) ==
        "0deccded0d87ec44702c7330fac3eb936b68dcca5c9f6b5df1fb3480c0b525ac");
}

}  // namespace
}  // namespace attestd::evidence
