// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tee/backend.h"

namespace attestd::tee::sample_device {

Backend MakeBackend();

namespace {

TEST_CASE("The sample device's evidence is what guest-components' device says") {
  const auto source = MakeBackend().create({}, {});
  CHECK(source->tee() == "sampledevice");
  CHECK(source->report_data_limit() == 64);
  CHECK(source->Check().ok());
  const auto data = evidence::ReportData::Create(base::Bytes{0xfb, 0xff});
  const auto evidence = source->Collect(*data, base::Deadline::Infinite());
  REQUIRE(evidence.ok());
  CHECK(evidence->json == R"({"report_data":"+/8=","svn":"2"})");
}

TEST_CASE("The sample device is a device, and a fake") {
  CHECK(MakeBackend().device);
  CHECK(MakeBackend().fake);
}

}  // namespace
}  // namespace attestd::tee::sample_device
