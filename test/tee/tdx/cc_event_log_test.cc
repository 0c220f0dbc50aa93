// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/cc_event_log.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "eventlog/aael.h"
#include "eventlog/tcg_log.h"
#include "test/fakes/tcg_log_builder.h"
#include "test/support/temp_dir.h"
#include "test/support/vectors.h"

namespace attestd::tee::tdx {
namespace {

using base::Bytes;

Bytes Firmware(size_t filling) {
  Bytes log = fakes::SpecIdRecord({{}});
  const Bytes record = fakes::LogRecord(1, 0x80000001, 0x0c, Bytes(48, 3), "kernel");
  log.insert(log.end(), record.begin(), record.end());
  log.resize(log.size() + filling, 0xff);
  return log;
}

Bytes Entry() {
  return eventlog::EncodeAael({.domain = "d", .operation = "o", .content = "c"}, 4,
                              base::HashAlgorithm::kSha384)
      ->bytes;
}

void Write(const std::string& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary) << base::AsText(bytes);
}

TEST_CASE("The firmware's log is cut to what it uses, with the agent's entries behind it") {
  const Bytes joined = *JoinEventLogs(Firmware(60000), Entry()).value();
  CHECK(joined.size() == Firmware(0).size() + Entry().size() + 8);
  const auto log = eventlog::ParseTcgLog(joined).value();
  REQUIRE(log.events.size() == 2);
  CHECK(log.events[0].index == 1);
  CHECK(log.events[1].index == 4);
  CHECK(log.used == joined.size() - 8);
  CHECK(Bytes(joined.end() - 8, joined.end()) == Bytes(8, 0xff));
}

TEST_CASE("Without a firmware log the agent's entries get a Spec ID event of their own") {
  const Bytes joined = *JoinEventLogs({}, Entry()).value();
  const auto log = eventlog::ParseTcgLog(joined).value();
  REQUIRE(log.events.size() == 1);
  CHECK(eventlog::Replay(log, base::HashAlgorithm::kSha384)->contains(4));
}

TEST_CASE("Where there is neither log there is none") {
  CHECK_FALSE(JoinEventLogs({}, {})->has_value());
  CHECK_FALSE(ReadEventLogs("/nonexistent/CCEL", "/nonexistent/log").has_value());
  CHECK_FALSE(ReadEventLogs("", "").has_value());
}

TEST_CASE("An entry that a crash cut short is left out") {
  Bytes entries = Entry();
  const Bytes more = Entry();
  entries.insert(entries.end(), more.begin(), more.end() - 5);
  const Bytes joined = *JoinEventLogs(Firmware(0), entries).value();
  CHECK(eventlog::ParseTcgLog(joined)->events.size() == 2);
}

TEST_CASE("Case 79: a bad firmware log costs the evidence its log only") {
  const test::TempDir folder;
  const std::string ccel = folder.File("CCEL");
  const Bytes good = Firmware(0);
  const auto header = static_cast<std::ptrdiff_t>(fakes::SpecIdRecord({{}}).size());
  bool usable = false;
  Bytes log = good;
  SECTION("no end flag") { usable = true; }  // ends where the bytes end
  SECTION("bad signature in the header") { log.at(33) ^= 1; }
  SECTION("digest count 2^32-1") { std::fill_n(log.begin() + header + 8, 4, uint8_t{0xff}); }
  SECTION("event size that wraps") { std::fill_n(log.begin() + header + 62, 4, uint8_t{0xff}); }
  SECTION("cut inside an event") { log.pop_back(); }
  SECTION("a byte over 1 MiB") { log.resize((size_t{1} << 20) + 1, 0xff); }
  SECTION("1 MiB") {
    usable = true;
    log.resize(size_t{1} << 20, 0xff);
  }
  SECTION("64 MiB") { log.resize(size_t{64} << 20, 0xff); }
  SECTION("filler") { log = Bytes(4096, 0x41); }
  Write(ccel, log);
  CHECK(ReadEventLogs(ccel, "").has_value() == usable);
  Write(ccel, good);
  CHECK(ReadEventLogs(ccel, "")->size() == good.size() + 8);
}

TEST_CASE("A bad log of the agent's costs the evidence its log only") {
  const test::TempDir folder;
  Write(folder.File("log"), Bytes(100, 0x41));
  CHECK_FALSE(ReadEventLogs("", folder.File("log")).has_value());
  CHECK_FALSE(ReadEventLogs(folder.path(), "").has_value());  // a folder is no log
}

TEST_CASE("A real firmware log of 64 kB becomes as short as it is") {
  const auto ccel = test::ReadVector("eventlog/CCEL_data_ovmf");
  if (ccel.has_value()) {
    const Bytes joined = *JoinEventLogs(base::AsBytes(*ccel), Entry()).value();
    CHECK(joined.size() < ccel->size() / 2);
    const auto before = eventlog::ParseTcgLog(base::AsBytes(*ccel)).value();
    CHECK(eventlog::ParseTcgLog(joined)->events.size() == before.events.size() + 1);
  }
}

}  // namespace
}  // namespace attestd::tee::tdx
