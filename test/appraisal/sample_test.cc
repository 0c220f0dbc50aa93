// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "appraisal/appraisal.h"
#include "base/encoding.h"

namespace attestd::appraisal {
namespace {

absl::StatusOr<Appraisal> Judge(std::string_view tee, std::string_view evidence,
                                base::ByteView report_data, const ReferenceValues& reference) {
  return Appraise(tee,
                  {.evidence_json = evidence, .report_data = report_data, .reference = reference});
}

const base::Bytes kDigest(48, 0x5a);

std::string Sample(base::ByteView report_data) {
  return R"({"svn":"1","report_data":")" + base::Base64Encode(report_data) + R"("})";
}

TEST_CASE("Sample evidence bound to the digest passes with Trustee's claims") {
  const std::string tee = GENERATE("sample", "sampledevice");
  const Appraisal appraisal = Judge(tee, Sample(kDigest), kDigest, {}).value();
  CHECK(appraisal.passed());
  CHECK(appraisal.claims["svn"] == "1");
  CHECK(appraisal.claims["launch_digest"] == "abcde");
}

TEST_CASE("Sample evidence bound to anything else is refused") {
  base::Bytes changed = kDigest;
  changed.back() ^= 1;
  base::Bytes padded = kDigest;
  padded.resize(64);
  const std::string json =
      GENERATE_COPY(Sample(changed), Sample(padded), Sample({}), std::string(R"({"svn":"1"})"),
                    std::string(R"({"svn":"1","report_data":"!"})"));
  CAPTURE(json);
  const Appraisal appraisal = Judge("sample", json, kDigest, {}).value();
  CHECK_FALSE(appraisal.passed());
  CHECK_THAT(appraisal.FirstFailure(), Catch::StartsWith("report_data: expected 5a5a"));
}

TEST_CASE("Sample evidence that cannot be read is an error") {
  const std::string json = GENERATE("", "[]", "{}", R"({"svn":1})");
  CAPTURE(json);
  CHECK_FALSE(Judge("sample", json, kDigest, {}).ok());
}

}  // namespace
}  // namespace attestd::appraisal
