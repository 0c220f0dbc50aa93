// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "base/encoding.h"
#include "tee/backend.h"
#include "test/support/temp_dir.h"

namespace attestd::tee::example {

Backend MakeBackend();

namespace {

// A file does what the device does: what is written is there to be read.
TEST_CASE("The example's evidence is a report with the report data, cut or padded") {
  const test::TempDir dir;
  const Settings settings = {{"path", dir.File("device")}};
  std::ofstream(dir.File("device")) << std::string(64, 'r');
  const Backend backend = MakeBackend();
  CHECK(backend.validate(settings).ok());
  CHECK(backend.probe(settings).present);
  const auto source = backend.create(settings, {});
  CHECK(source->Check().ok());
  const auto data = evidence::ReportData::Create(base::Bytes(20, 'd'));
  const auto evidence = source->Collect(*data, base::Deadline::Infinite());
  REQUIRE(evidence.ok());
  const std::string report = std::string(20, 'd') + std::string(12, '\0') + std::string(32, 'r');
  CHECK(evidence->json == R"({"report":")" + base::Base64Encode(base::AsBytes(report)) + "\"}");
}

TEST_CASE("The example names the device that is not there or gives too little") {
  const test::TempDir dir;
  const Settings settings = {{"path", dir.File("device")}};
  const Backend backend = MakeBackend();
  CHECK_FALSE(backend.probe(settings).present);
  const auto source = backend.create(settings, {});
  const auto data = evidence::ReportData::Create({});
  const auto missing = source->Collect(*data, base::Deadline::Infinite());
  CHECK(base::GetReason(missing.status()) == base::Reason::kDeviceMissing);
  CHECK_THAT(std::string(missing.status().message()), Catch::Contains(dir.File("device")));
  std::ofstream(dir.File("device")) << "short";
  const auto broken = source->Collect(*data, base::Deadline::Infinite());
  CHECK(base::GetReason(broken.status()) == base::Reason::kDeviceFailed);
  CHECK_FALSE(backend.validate({{"path", ""}}).ok());
}

}  // namespace
}  // namespace attestd::tee::example
