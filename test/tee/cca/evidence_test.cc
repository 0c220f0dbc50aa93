// SPDX-License-Identifier: Apache-2.0
#include "tee/cca/format/evidence.h"

#include <catch2/catch.hpp>
#include <string>

#include "tee/cca/format/token.h"

namespace attestd::tee::cca {
namespace {

TEST_CASE("CCA evidence is a list of numbers, one for each byte") {
  CHECK(FormatEvidence(base::Bytes{0, 255, 7}) == R"({"token":[0,255,7]})");
  CHECK(ParseEvidence(R"({"token":[0,255,7],"other":1})").value() == base::Bytes{0, 255, 7});
  base::Bytes largest(kMaxTokenSize, 200);
  CHECK(ParseEvidence(FormatEvidence(largest)).value() == largest);
  largest.push_back(1);
  CHECK(absl::IsInvalidArgument(ParseEvidence(FormatEvidence(largest)).status()));
}

TEST_CASE("CCA evidence of another shape is refused") {
  const std::string json =
      GENERATE("", "[]", "{}", R"({"token":"AA=="})", R"({"token":[256]})", R"({"token":[-1]})",
               R"({"token":[1.0]})", R"({"token":["1"]})", R"({"token":[[1]]})");
  CAPTURE(json);
  CHECK(absl::IsInvalidArgument(ParseEvidence(json).status()));
}

}  // namespace
}  // namespace attestd::tee::cca
