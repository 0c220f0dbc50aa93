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

TEST_CASE("What was asked and the platform cannot judge is a failed check, never silence") {
  const std::string json = Sample(kDigest);
  ReferenceValues reference;
  Question question{.evidence_json = json, .report_data = kDigest, .reference = reference};
  CHECK(Appraise("sample", question)->passed());
  std::string name;
  SECTION("an event log") {
    question.event_log = kDigest;
    name = "event_log";
  }
  SECTION("init data") {
    reference.init_data_digest = kDigest;
    name = "init_data";
  }
  const Appraisal appraisal = Appraise("sample", question).value();
  if (!name.empty()) {
    CHECK_FALSE(appraisal.passed());
    CHECK_THAT(appraisal.FirstFailure(), Catch::StartsWith(name) && Catch::Contains("not judged"));
  }
}

TEST_CASE("Evidence of which nothing was asked is not judged good, and says so") {
  const std::string json = Sample(kDigest);
  const ReferenceValues reference;
  const Appraisal appraisal =
      Appraise("sample", {.evidence_json = json, .reference = reference}).value();
  CHECK_FALSE(appraisal.passed());
  CHECK(appraisal.FirstFailure() == "no check was made");
}

}  // namespace
}  // namespace attestd::appraisal
