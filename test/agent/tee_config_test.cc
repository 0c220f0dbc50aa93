// SPDX-License-Identifier: Apache-2.0
// The tables of the configuration about platforms, devices and measurements.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "agent/config.h"

namespace attestd::agent {
namespace {

absl::StatusOr<Config> Parse(const std::string& text) {
  const std::vector<tee::Backend> backends = {
      {.name = "real", .settings = {}},
      {.name = "gpu", .device = true, .settings = {}},
      {.name = "sample_device", .fake = true, .device = true, .settings = {}},
      {.name = "sample", .fake = true, .settings = {}}};
  return ParseConfig(text + "\n[[kbs]]\nurl = \"https://kbs.example\"\n", "config.toml", backends);
}

TEST_CASE("Without its table nothing is measured, and the defaults are guest-components'") {
  const auto config = Parse("");
  REQUIRE(config.ok());
  CHECK(config->tee.devices.empty());
  CHECK_FALSE(config->measurement.enabled);
  CHECK(config->measurement.event_log == "/run/attestation-agent/eventlog");
  CHECK(config->measurement.default_pcr == 23);
}

TEST_CASE("Devices and measurements are read") {
  const auto config = Parse(
      "[tee]\nbackend = \"real\"\ndevices = [\"gpu\", \"sample_device\"]\nallow_sample = true\n"
      "[measurement]\nenabled = true\nevent_log = \"/run/x/log\"\ndefault_pcr = 11\n");
  REQUIRE(config.ok());
  CHECK(config->tee.devices == std::vector<std::string>{"gpu", "sample_device"});
  CHECK(config->measurement.enabled);
  CHECK(config->measurement.event_log == "/run/x/log");
  CHECK(config->measurement.default_pcr == 11);
}

TEST_CASE("What callers' bytes are bound as is raw unless the configuration says tagged") {
  CHECK(Parse("")->tee.caller_data == evidence::CallerData::kRaw);
  CHECK(Parse("[tee]\ncaller_data = \"raw\"")->tee.caller_data == evidence::CallerData::kRaw);
  CHECK(Parse("[tee]\ncaller_data = \"tagged\"")->tee.caller_data == evidence::CallerData::kTagged);
}

TEST_CASE("A mistake about devices or measurements is named with line, key and what to do") {
  const auto [text, words] = GENERATE(table<std::string, std::string>(
      {{"[tee]\ndevices = [\"cpu\"]",
        "2: [tee] devices: \"cpu\" is not built in; choose gpu, "
        "sample_device"},
       {"[tee]\ndevices = [\"real\"]", "\"real\" is a platform, no device"},
       {"[tee]\ndevices = [\"gpu\", \"gpu\"]", "\"gpu\" is given twice"},
       {"[tee]\ndevices = [\"sample_device\"]", "for development add allow_sample = true"},
       {"[tee]\ndevices = \"gpu\"", "expected a list of texts"},
       {"[tee]\ndevices = [1]", "expected a list of texts"},
       {"[tee]\nbackend = \"gpu\"", "2: [tee] backend: \"gpu\" is a device beside the platform"},
       {"[tee]\nbackend = \"gpu\"", "choose here auto, real, sample"},
       {"[tee]\nbackend = \"cpu\"", "choose auto, real, sample"},
       {"[tee]\ncaller_data = \"hashed\"", "caller_data: expected \"raw\" or \"tagged\""},
       {"[measurement]\nenabled = 1", "enabled"},
       {"[measurement]\nevent_log = \"log\"", "expected the absolute path of a file"},
       {"[init_data]\nfile = \"initdata\"", "expected the absolute path of a file"},
       {"[init_data]\npath = \"/run/initdata\"", "unknown key"},
       {"[init_data]\ndigest = \"AAAA\"", "32, 48 or 64 bytes"},
       {"[init_data]\ndigest = \"!\"", "32, 48 or 64 bytes"},
       {"[init_data]\nfile = \"/f\"\ndigest = \"AAAA\"", "keep one of the two"},
       {"[init_data]\nrequired = 1", "required"},
       {"[measurement]\nevent_log = \"/run/\"", "expected the absolute path of a file"},
       {"[measurement]\ndefault_pcr = 24", "expected a PCR number, 0 to 23"},
       {"[measurement]\ndefault_pcr = -1", "expected a PCR number, 0 to 23"},
       {"[measurement]\nenable = true", "enable"}}));
  INFO(text);
  const auto config = Parse(text);
  REQUIRE_FALSE(config.ok());
  CHECK(absl::IsInvalidArgument(config.status()));
  CHECK_THAT(std::string(config.status().message()), Catch::Contains(words));
}

}  // namespace
}  // namespace attestd::agent
