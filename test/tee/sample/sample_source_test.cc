// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>

#include "tee/backend.h"
#include "tee/detect.h"

namespace attestd::tee {
namespace {

std::unique_ptr<evidence::EvidenceSource> Source() {
  const std::vector<Backend> backends = BuiltInBackends();
  const auto backend = SelectBackend(backends, "sample", {});
  REQUIRE(backend.ok());
  return (*backend)->create({}, {});
}

std::string EvidenceFor(const base::Bytes& bytes) {
  const auto report_data = evidence::ReportData::Create(bytes);
  REQUIRE(report_data.ok());
  const auto evidence = Source()->Collect(*report_data, base::Deadline::Infinite());
  REQUIRE(evidence.ok());
  return evidence->json;
}

TEST_CASE("Sample evidence carries the report data as it is, in padded base64") {
  CHECK(EvidenceFor({}) == R"({"report_data":"","svn":"1"})");
  CHECK(EvidenceFor({0xfb, 0xff}) == R"({"report_data":"+/8=","svn":"1"})");
  CHECK(EvidenceFor(base::Bytes(48)) ==
        R"({"report_data":")" + std::string(64, 'A') + R"(","svn":"1"})");
}

TEST_CASE("The sample source is always ready and takes 64 bytes") {
  const auto source = Source();
  CHECK(source->tee() == "sample");
  CHECK(source->report_data_limit() == 64);
  CHECK(source->Check().ok());
}

}  // namespace
}  // namespace attestd::tee
