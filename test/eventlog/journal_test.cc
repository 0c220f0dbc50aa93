// SPDX-License-Identifier: Apache-2.0
#include "eventlog/journal.h"

#include <catch2/catch.hpp>

namespace attestd::eventlog {
namespace {

Journal Full() {
  return {.registers = {{4, base::Bytes(48, 1)}, {23, base::Bytes(32, 2)}},
          .log_bytes = 77,
          .intent = Intent{.pcr = 17,
                           .index = 4,
                           .before = base::Bytes(48, 1),
                           .after = base::Bytes(48, 3),
                           .entry = {1, 2, 3}}};
}

TEST_CASE("A journal is read back as it was written") {
  const auto text = EncodeJournal(Full());
  REQUIRE(text.ok());
  const auto read = ParseJournal(*text);
  REQUIRE(read.ok());
  CHECK(read->registers == Full().registers);
  CHECK(read->log_bytes == 77);
  REQUIRE(read->intent.has_value());
  CHECK(read->intent->pcr == 17);
  CHECK(read->intent->index == 4);
  CHECK(read->intent->before == Full().intent->before);
  CHECK(read->intent->after == Full().intent->after);
  CHECK(read->intent->entry == Full().intent->entry);
}

TEST_CASE("A journal may have no intent, and may be empty") {
  CHECK_FALSE(ParseJournal(*EncodeJournal({}))->intent.has_value());
  CHECK(ParseJournal("")->registers.empty());
}

TEST_CASE("A journal with anything missing or wrong is refused by the name of the member") {
  const std::string text = *EncodeJournal(Full());
  const auto [old, fresh, word] = GENERATE(table<std::string, std::string, std::string>(
      {{"\"version\":1", "\"version\":2", "version"},
       {"\"version\":1", "\"version\":0", "version"},
       {"\"log_bytes\":77", "\"log_bytes\":-1", "log_bytes"},
       {"\"log_bytes\":77", "\"log_bytes\":4294967296", "log_bytes"},
       {"\"pcr\":17", "\"pcr\":\"17\"", "pcr"},
       {"\"register\":4", "\"register\":-4", "register"},
       {"\"23\":\"02", "\"23\":\"0", "23"},
       {"\"23\":", "\"023\":", "registers"},
       {"\"before\"", "\"befor\"", "before"},
       {"AQID", "AQI", "base64"}}));
  INFO(fresh);
  const size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  const auto read = ParseJournal(std::string(text).replace(at, old.size(), fresh));
  REQUIRE_FALSE(read.ok());
  CHECK(absl::IsInvalidArgument(read.status()));
  CHECK_THAT(std::string(read.status().message()), Catch::Contains(word));
}

TEST_CASE("What another program left there is refused") {
  // Eight bytes of offset, a value, a text.
  CHECK_FALSE(ParseJournal(std::string(8, '\0') + std::string(48, 'v') + "text").ok());
  CHECK_FALSE(ParseJournal("[]").ok());
  CHECK_FALSE(ParseJournal("{").ok());
}

}  // namespace
}  // namespace attestd::eventlog
