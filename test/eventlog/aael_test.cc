// SPDX-License-Identifier: Apache-2.0
#include "eventlog/aael.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/encoding.h"
#include "test/fakes/tcg_log_builder.h"

namespace attestd::eventlog {
namespace {

using base::Bytes;
using base::HashAlgorithm;
using fakes::LittleEndian;

AaelEntry Entry(std::string_view content, uint32_t index = 23) {
  const auto entry =
      EncodeAael({"example.org", "PullImage", content}, index, HashAlgorithm::kSha384);
  REQUIRE(entry.ok());
  return *entry;
}

Bytes Joined(const Bytes& first, const Bytes& second) {
  return LittleEndian().Raw(first).Raw(second).bytes();
}

TEST_CASE("An entry is laid out as guest-components writes it") {
  const std::string text = "example.org PullImage one two";
  LittleEndian data;
  data.U32(0x4141454c).U32(static_cast<uint32_t>(text.size())).Raw(text);
  const Bytes digest = *base::Hash(HashAlgorithm::kSha384, data.bytes());
  LittleEndian wanted;
  wanted.U32(4).U32(6).U32(1).U16(0x000c).Raw(digest);
  wanted.U32(static_cast<uint32_t>(data.bytes().size())).Raw(data.bytes());
  const AaelEntry entry = Entry("one two", 4);
  CHECK(entry.digest == digest);
  CHECK(base::HexEncode(entry.bytes) == base::HexEncode(wanted.bytes()));
}

TEST_CASE("Entries are read back as they were written, and behind a firmware's log too") {
  const Bytes bytes = Joined(Entry("one").bytes, Entry("two", 11).bytes);
  const auto log = ParseAael(bytes);
  REQUIRE(log.ok());
  REQUIRE(log->events.size() == 2);
  CHECK(log->used == bytes.size());
  CHECK(log->events[1].index == 11);
  CHECK(base::AsText(log->events[1].data).substr(8) == "example.org PullImage two");
  const auto whole = ParseTcgLog(Joined(fakes::SpecIdRecord({{}}), bytes));
  REQUIRE(whole.ok());
  CHECK(Replay(*whole, HashAlgorithm::kSha384) == Replay(*log, HashAlgorithm::kSha384));
}

TEST_CASE("An entry has the index of its register and the digest of its algorithm") {
  const auto hash =
      GENERATE(HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512);
  const auto entry = EncodeAael({"d", "o", "c"}, 16, hash);
  REQUIRE(entry.ok());
  const auto log = ParseAael(entry->bytes);
  REQUIRE(log.ok());
  CHECK(log->events[0].index == 16);
  CHECK(log->events[0].digests.at(TpmAlgorithmId(hash)) == entry->digest);
}

struct Refused {
  std::string what;
  RuntimeEvent event;
  std::string words;
};

const std::string& MiB() {
  static const std::string text(size_t{1} << 20, 'x');
  return text;
}

TEST_CASE("Case 35: an event that a reader could take for another is refused in words") {
  using std::string_view_literals::operator""sv;
  const Refused row = GENERATE(
      Refused{"newline", {"d", "o", "a\nd o b"sv}, "content has a control character"},
      Refused{"carriage return", {"d", "o", "a\r"sv}, "content has a control character"},
      Refused{"NUL", {"d", "o", "a\0b"sv}, "content has a control character"},
      Refused{"DEL", {"d", "o", "a\x7f"sv}, "content has a control character"},
      Refused{"NEL", {"d", "o", "a\xc2\x85"sv}, "line separator"},
      Refused{"line separator", {"d", "o", "a\xe2\x80\xa8z"sv}, "line separator"},
      Refused{"newline in the domain", {"d\n", "o", "c"sv}, "domain has a control character"},
      Refused{"1 MiB", {"d", "o", MiB()}, "content is 1048576 bytes; expected at most 16384"},
      Refused{"1 MiB of domain", {MiB(), "o", "c"}, "domain is 1048576 bytes"},
      Refused{"1 MiB of operation", {"d", MiB(), "c"}, "operation is 1048576 bytes"},
      Refused{"invalid UTF-8", {"d", "o", "a\xff"sv}, "content is not UTF-8"},
      Refused{"overlong UTF-8", {"d", "o", "\xc0\xaf"sv}, "content is not UTF-8"},
      Refused{"surrogate", {"d", "o", "\xed\xa0\x80"sv}, "content is not UTF-8"},
      Refused{"cut UTF-8", {"d", "o", "a\xe2\x80"sv}, "content is not UTF-8"},
      Refused{"empty domain", {"", "o", "c"}, "domain is empty"},
      Refused{"empty operation", {"d", "", "c"}, "operation is empty"},
      Refused{"empty content", {"d", "o", ""}, "content is empty"},
      Refused{"space in the domain", {"d d", "o", "c"}, "domain has a space"},
      Refused{"space in the operation", {"d", "o o", "c"}, "operation has a space"});
  INFO(row.what);
  const auto entry = EncodeAael(row.event, 23, HashAlgorithm::kSha256);
  REQUIRE_FALSE(entry.ok());
  CHECK(absl::IsInvalidArgument(entry.status()));
  CHECK(base::GetReason(entry.status()) == base::Reason::kBadEvent);
  CHECK_THAT(std::string(entry.status().message()), Catch::Contains(row.words));
}

TEST_CASE("Case 35: what is no control character may be measured, up to the limits") {
  const std::string name(kMaxNameBytes, 'n');
  const std::string content(kMaxContentBytes, 'c');
  const auto entry = EncodeAael({name, name, content}, 23, HashAlgorithm::kSha256);
  REQUIRE(entry.ok());
  CHECK(ParseAael(entry->bytes).ok());
  CHECK(
      EncodeAael({"d", "o", R"({"image": "täst", "x":"\u2028€ 漢 𝄞"})"}, 23, HashAlgorithm::kSha256)
          .ok());
}

TEST_CASE("A last entry that is cut short is left out, wherever it is cut") {
  const Bytes first = Entry("one").bytes;
  const Bytes both = Joined(first, Entry("two").bytes);
  for (size_t size = first.size(); size < both.size(); ++size) {
    INFO(size);
    const auto log = ParseAael(base::ByteView(both).first(size));
    REQUIRE(log.ok());
    CHECK(log->events.size() == 1);
    CHECK(log->used == first.size());
  }
}

TEST_CASE("Anything else that is no entry is refused with its offset") {
  const Bytes first = Entry("one").bytes;
  Bytes second = Entry("two").bytes;
  const std::pair<size_t, uint8_t> edit =
      GENERATE(std::pair<size_t, uint8_t>{4, 7},      // type
               std::pair<size_t, uint8_t>{8, 2},      // count of digests
               std::pair<size_t, uint8_t>{12, 4},     // algorithm
               std::pair<size_t, uint8_t>{65, 0xff},  // size of the data
               std::pair<size_t, uint8_t>{66, 0},     // tag
               std::pair<size_t, uint8_t>{70, 1});    // size of the text
  second[edit.first] = edit.second;
  const auto log = ParseAael(Joined(first, second));
  REQUIRE_FALSE(log.ok());
  CHECK_THAT(std::string(log.status().message()),
             Catch::Contains("entry 1 at offset " + std::to_string(first.size())));
}

}  // namespace
}  // namespace attestd::eventlog
