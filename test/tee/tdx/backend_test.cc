// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tee/detect.h"
#include "tee/tdx/tdreport_device.h"
#include "test/support/temp_dir.h"

namespace attestd::tee {
namespace {

const Backend& Tdx() {
  static const std::vector<Backend> kBackends = BuiltInBackends();
  return **SelectBackend(kBackends, "tdx", {});
}

TEST_CASE("The tdx backend refuses settings that make no sense, naming the key") {
  CHECK(Tdx().validate({}).ok());
  CHECK(Tdx().validate({{"qgs", "vsock:2:4050"}, {"allow_debug", true}}).ok());
  const auto [key, value] = GENERATE(table<std::string, std::string>({{"qgs", ""},
                                                                      {"qgs", "vsock:2"},
                                                                      {"device", ""},
                                                                      {"tsm_root", "tsm"},
                                                                      {"ccel", "CCEL"},
                                                                      {"measurements_root", "."}}));
  const absl::Status status = Tdx().validate({{key, value}});
  CHECK(absl::IsInvalidArgument(status));
  CHECK_THAT(std::string(status.message()), Catch::StartsWith(key + ": "));
}

TEST_CASE("The tdx probe says what it saw of both interfaces") {
  const test::TempDir folder;
  const std::string device = folder.File("tdx_guest");
  const Settings settings = {{"tsm_root", "/nonexistent/tsm"}, {"device", device}};
  ProbeResult result = Tdx().probe(settings);
  CHECK_FALSE(result.present);
  CHECK_THAT(result.seen, Catch::Contains("/nonexistent/tsm") &&
                              Catch::Contains(device + " is not there; [tdx] device names it"));
  std::ofstream(device) << "";
  result = Tdx().probe(settings);
  CHECK(result.present);
  CHECK_THAT(result.seen, Catch::EndsWith(device + " is there"));
}

TEST_CASE("Case 84: a TDX device that is missing, or something else, is named") {
  const test::TempDir folder;
  const std::string path = folder.File("tdx_guest");
  bool opens = false;
  SECTION("missing") {}
  SECTION("a folder") { std::filesystem::create_directory(path); }
  SECTION("a file") {
    std::ofstream(path) << "x";
    opens = true;
  }
  SECTION("a link to a file") {
    std::ofstream(folder.File("file")) << "x";
    std::filesystem::create_symlink(folder.File("file"), path);
    opens = true;
  }
  const auto device = tdx::CreateTdReportDevice(path);
  CHECK(device->Check().ok() == opens);
  const absl::Status status = device->GetTdReport(base::Bytes(64)).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) ==
        (opens ? base::Reason::kDeviceFailed : base::Reason::kDeviceMissing));
  CHECK_THAT(std::string(status.message()), Catch::StartsWith(path));
}

TEST_CASE("Case 84: a tdx source without any interface says what is missing") {
  const auto source =
      Tdx().create({{"tsm_root", "/nonexistent/tsm"}, {"device", "/nonexistent/tdx_guest"}}, {});
  const absl::Status status = source->Check();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kDeviceMissing);
  CHECK_THAT(std::string(status.message()), Catch::Contains("/nonexistent/tsm"));
}

}  // namespace
}  // namespace attestd::tee
