// SPDX-License-Identifier: Apache-2.0
// Logs that firmware wrote, against what a public verifier read in them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/json.h"
#include "eventlog/tcg_log.h"
#include "test/support/vectors.h"

namespace attestd::eventlog {
namespace {

struct Recorded {
  std::string name;
  std::map<uint32_t, std::string> registers;  // first four bytes of the value, by index
};

// TCG PC Client Platform Firmware Profile, section 10.4.1.
const std::map<std::string, uint32_t>& TypeNames() {
  static const std::map<std::string, uint32_t> names = {
      {"EV_SEPARATOR", 4},
      {"EV_EVENT_TAG", 6},
      {"EV_PLATFORM_CONFIG_FLAGS", 0xa},
      {"EV_IPL", 0xd},
      {"EV_EFI_VARIABLE_DRIVER_CONFIG", 0x80000001},
      {"EV_EFI_VARIABLE_BOOT", 0x80000002},
      {"EV_EFI_BOOT_SERVICES_APPLICATION", 0x80000003},
      {"EV_EFI_GPT_EVENT", 0x80000006},
      {"EV_EFI_ACTION", 0x80000007},
      {"EV_EFI_PLATFORM_FIRMWARE_BLOB2", 0x8000000a},
      {"EV_EFI_HANDOFF_TABLES2", 0x8000000b},
      {"EV_EFI_VARIABLE_AUTHORITY", 0x800000e0}};
  return names;
}

TEST_CASE("Logs of real firmware are read as the public verifier reads them, and replay") {
  const Recorded recorded =
      GENERATE(Recorded{"ovmf", {{1, "8566f998"}, {2, "775b9f6b"}, {3, "94eaf7a7"}}},
               Recorded{"grub", {{1, "cec0a104"}, {2, "6c289e0c"}, {3, "08919d01"}}});
  const auto bytes = test::ReadVector("eventlog/CCEL_data_" + recorded.name);
  const auto golden = test::ReadVector("eventlog/CCEL_data_" + recorded.name + "_out.json");
  if (!bytes.has_value() || !golden.has_value()) {
    return;
  }
  const auto log = ParseTcgLog(base::AsBytes(*bytes));
  REQUIRE(log.ok());
  CHECK(log->used < bytes->size());
  const auto json = base::ParseJson(*golden);
  REQUIRE(json.ok());
  const base::Json& events = (*json)["uefi_event_logs"];
  REQUIRE(log->events.size() == events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    INFO("event " << i);
    const Event& event = log->events[i];
    CHECK(event.index == events[i]["index"]);
    CHECK(event.type == TypeNames().at(events[i]["type_name"]));
    CHECK(base::Base64Encode(event.data) == events[i]["event"]);
    CHECK(base::HexEncode(event.digests.at(0x000c)) == events[i]["digests"][0]["digest"]);
  }
  const auto registers = Replay(*log, base::HashAlgorithm::kSha384);
  REQUIRE(registers.ok());
  for (const auto& [index, start] : recorded.registers) {
    CHECK(base::HexEncode(registers->at(index)).substr(0, 8) == start);
  }
}

}  // namespace
}  // namespace attestd::eventlog
