// SPDX-License-Identifier: Apache-2.0
#include "eventlog/tcg_log.h"

#include <catch2/catch.hpp>
#include <string>

#include "test/fakes/tcg_log_builder.h"

namespace attestd::eventlog {
namespace {

using base::Bytes;
using fakes::LittleEndian;
using fakes::LogRecord;
using fakes::SpecIdRecord;

constexpr uint16_t kSha384 = 0x000c;
constexpr uint32_t kNoAction = 3;
constexpr uint32_t kSeparator = 4;

Bytes Joined(const std::vector<Bytes>& parts) {
  LittleEndian all;
  for (const Bytes& part : parts) {
    all.Raw(part);
  }
  return all.bytes();
}

Bytes Record(uint32_t index, uint32_t type, uint8_t digest_byte) {
  return LogRecord(index, type, kSha384, Bytes(48, digest_byte), "data");
}

// A log of one event behind a good header.
Bytes LogWith(const Bytes& rest) { return Joined({SpecIdRecord({{}}), rest}); }

std::string Refusal(base::ByteView log) {
  const auto parsed = ParseTcgLog(log);
  REQUIRE_FALSE(parsed.ok());
  CHECK(absl::IsInvalidArgument(parsed.status()));
  return std::string(parsed.status().message());
}

TEST_CASE("MeasureTcgLog judges as ParseTcgLog does") {
  base::Bytes log = SpecIdRecord({{}});
  CHECK(MeasureTcgLog(log).value() == log.size());
  log.resize(log.size() + 100, 0xff);
  CHECK(MeasureTcgLog(log).value() == ParseTcgLog(log)->used);
  log.resize(SpecIdRecord({{}}).size() + 7);  // neither an event nor the end
  CHECK(MeasureTcgLog(log).status() == ParseTcgLog(log).status());
  CHECK_FALSE(MeasureTcgLog(log).ok());
}

TEST_CASE("ParseTcgLog reads index, type, digests and data of each event") {
  const Bytes log = LogWith(Joined({Record(1, kSeparator, 0xaa), Record(4, 6, 0xbb)}));
  const auto parsed = ParseTcgLog(log);
  REQUIRE(parsed.ok());
  REQUIRE(parsed->events.size() == 2);
  CHECK(parsed->used == log.size());
  CHECK(parsed->events[1].index == 4);
  CHECK(parsed->events[1].type == 6);
  CHECK(parsed->events[1].digests.at(kSha384) == Bytes(48, 0xbb));
  CHECK(base::AsText(parsed->events[1].data) == "data");
}

TEST_CASE("A log without an event is a log") {
  const auto parsed = ParseTcgLog(SpecIdRecord({{}}));
  REQUIRE(parsed.ok());
  CHECK(parsed->events.empty());
}

TEST_CASE("An event may have a digest of each declared algorithm") {
  LittleEndian event;
  event.U32(7).U32(kSeparator).U32(2).U16(0x0004).Raw(Bytes(20, 1)).U16(0x000b);
  event.Raw(Bytes(32, 2)).U32(0);
  const auto parsed = ParseTcgLog(Joined({SpecIdRecord({{4, 20}, {11, 32}}), event.bytes()}));
  REQUIRE(parsed.ok());
  CHECK(parsed->events[0].digests.size() == 2);
  CHECK(Replay(*parsed, base::HashAlgorithm::kSha256).ok());
}

TEST_CASE("The log ends at eight bytes of ones or of zeros, and the rest is filling") {
  const uint8_t filling = GENERATE(uint8_t{0x00}, uint8_t{0xff});
  const Bytes used = LogWith(Record(1, kSeparator, 0xaa));
  const auto parsed = ParseTcgLog(Joined({used, Bytes(8, filling), Bytes(1000, 0x5a)}));
  REQUIRE(parsed.ok());
  CHECK(parsed->used == used.size());
  CHECK(parsed->events.size() == 1);
}

TEST_CASE("Case 79: a header with a bad signature, type or table of algorithms is refused") {
  Bytes log = LogWith(Record(1, kSeparator, 0xaa));
  SECTION("signature") {
    log[32] ^= 1;
    CHECK_THAT(Refusal(log), Catch::Contains("header") && Catch::Contains("Spec ID Event03"));
  }
  SECTION("type") {
    log[4] = 4;
    CHECK_THAT(Refusal(log), Catch::Contains("EV_NO_ACTION"));
  }
  SECTION("no algorithm") {
    CHECK_THAT(Refusal(SpecIdRecord({})), Catch::Contains("0 digest algorithms"));
  }
  SECTION("2^32-1 algorithms") {
    log[56] = log[57] = log[58] = log[59] = 0xff;
    CHECK_THAT(Refusal(log), Catch::Contains("4294967295 digest algorithms"));
  }
  SECTION("wrong size of a digest") {
    CHECK_THAT(Refusal(SpecIdRecord({{kSha384, 20}})), Catch::Contains("size 20"));
  }
  SECTION("an algorithm twice") {
    CHECK_THAT(Refusal(SpecIdRecord({{}, {}})), Catch::Contains("twice"));
  }
  SECTION("event size that wraps") {
    log[28] = log[29] = log[30] = log[31] = 0xff;
    CHECK_THAT(Refusal(log), Catch::Contains("need 4294967295 bytes"));
  }
  SECTION("nothing at all") { CHECK_THAT(Refusal({}), Catch::Contains("need 4 bytes")); }
}

TEST_CASE("Case 79: counts and sizes of an event are bounded, and errors name the offset") {
  const Bytes header = SpecIdRecord({{}});
  const std::string offset = "offset " + std::to_string(header.size());
  Bytes event = Record(1, kSeparator, 0xaa);
  SECTION("digest count 2^32-1") {
    event[8] = event[9] = event[10] = event[11] = 0xff;
    CHECK_THAT(Refusal(LogWith(event)), Catch::Contains("4294967295 digests"));
  }
  SECTION("event size that wraps") {
    std::fill_n(event.begin() + 62, 4, uint8_t{0xff});
    CHECK_THAT(Refusal(LogWith(event)), Catch::Contains("need 4294967295 bytes"));
  }
  SECTION("undeclared algorithm") {
    event[12] = 0x0b;
    CHECK_THAT(Refusal(LogWith(event)), Catch::Contains("algorithm 11 was not declared"));
  }
  SECTION("no end mark, and the last event is cut short") {
    event.pop_back();
    CHECK_THAT(Refusal(LogWith(event)), Catch::Contains("need 4 bytes"));
  }
  CHECK_THAT(Refusal(LogWith(event)), Catch::Contains(offset));
}

TEST_CASE("Case 79: 64 MiB and 100,001 events are refused, and 100,000 are not") {
  CHECK_THAT(Refusal(Bytes(size_t{64} << 20)), Catch::Contains("67108864 bytes"));
  LittleEndian events;
  for (int i = 0; i < 100000; ++i) {
    events.U32(1).U32(kSeparator).U32(0).U32(0);
  }
  CHECK(ParseTcgLog(LogWith(events.bytes())).ok());
  events.U32(1).U32(kSeparator).U32(0).U32(0);
  CHECK_THAT(Refusal(LogWith(events.bytes())), Catch::Contains("at most 100000 events"));
}

TEST_CASE("Replay extends the register of each event, but for EV_NO_ACTION") {
  const auto log = ParseTcgLog(
      LogWith(Joined({Record(2, kSeparator, 1), Record(2, kNoAction, 9), Record(2, 6, 2)})));
  REQUIRE(log.ok());
  const auto registers = Replay(*log, base::HashAlgorithm::kSha384);
  REQUIRE(registers.ok());
  Bytes value(48, 0);
  for (const uint8_t digest : {uint8_t{1}, uint8_t{2}}) {
    value.resize(96, digest);
    value = *base::Hash(base::HashAlgorithm::kSha384, value);
  }
  CHECK(*registers == std::map<uint32_t, Bytes>{{2, value}});
  CHECK(absl::IsInvalidArgument(Replay(*log, base::HashAlgorithm::kSha256).status()));
}

}  // namespace
}  // namespace attestd::eventlog
