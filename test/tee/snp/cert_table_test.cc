// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/format/cert_table.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "test/fakes/snp_signer.h"

namespace attestd::tee::snp {
namespace {

constexpr std::string_view kVcek = "63da758de6644564adc5f4b93be8accd";
constexpr std::string_view kVcekMixed = "8d75da6364e66445adc5f4b93be8accd";
constexpr std::string_view kAsk = "4ab7b379bbac4fe4a02f05aef327c782";
constexpr std::string_view kExtraPlatformInfo = "ecae0c0f950243b1afa20ae2e0d565b6";
constexpr std::string_view kUnknown = "00112233445566778899aabbccddeeff";

struct Row {
  std::string guid;
  uint32_t offset;
  uint32_t length;
};

void Append(base::Bytes& bytes, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<uint8_t>(value >> shift));
  }
}

base::Bytes Rows(const std::vector<Row>& rows) {
  base::Bytes table;
  for (const Row& row : rows) {
    const base::Bytes guid = base::HexDecode(row.guid).value();
    std::copy(guid.begin(), guid.end(), std::back_inserter(table));
    Append(table, row.offset);
    Append(table, row.length);
  }
  return table;
}

// The rows, the entry of zeros, and as many bytes of data, each telling its place.
base::Bytes Table(const std::vector<Row>& rows, size_t data_size) {
  base::Bytes table = Rows(rows);
  table.resize(table.size() + 24);
  for (size_t i = 0; i < data_size; ++i) {
    table.push_back(static_cast<uint8_t>(i));
  }
  return table;
}

bool Refused(const base::Bytes& table) {
  return absl::IsInvalidArgument(ParseCertTable(table).status());
}

// Two entries behind their rows of 72 bytes.
std::vector<Row> GoodRows() { return {{std::string(kVcek), 72, 4}, {std::string(kAsk), 76, 4}}; }

}  // namespace

TEST_CASE("CertTable gives the entries of a table") {
  const auto entries = ParseCertTable(Table(GoodRows(), 8));
  REQUIRE(entries.ok());
  REQUIRE(entries->size() == 2);
  CHECK(entries->at(0) == CertEntry{.type = CertType::kVcek, .guid = "", .data = {0, 1, 2, 3}});
  CHECK(entries->at(1) == CertEntry{.type = CertType::kAsk, .guid = "", .data = {4, 5, 6, 7}});
}

TEST_CASE("CertTable without entries is empty, and no bytes are no table") {
  const auto entries = ParseCertTable(Table({}, 100));
  REQUIRE(entries.ok());
  CHECK(entries->empty());
  CHECK(Refused({}));
}

TEST_CASE("CertTable reads GUIDs in both byte orders") {
  const auto entries = ParseCertTable(Table({{std::string(kVcekMixed), 48, 2}}, 2));
  REQUIRE(entries.ok());
  CHECK(entries->at(0).type == CertType::kVcek);
}

TEST_CASE("CertTable keeps the host's platform information under its GUID") {
  const auto entries = ParseCertTable(Table({{std::string(kExtraPlatformInfo), 48, 2}}, 2));
  REQUIRE(entries.ok());
  CHECK(entries->at(0).type == CertType::kOther);
  CHECK(entries->at(0).guid == "ecae0c0f-9502-43b1-afa2-0ae2e0d565b6");
}

TEST_CASE("CertTable reads what the fake host makes") {
  const auto signer = fakes::SnpSigner::Create({});
  REQUIRE(signer.ok());
  const auto entries = ParseCertTable(signer->CertTable().value());
  REQUIRE(entries.ok());
  REQUIRE(entries->size() == 3);
  CHECK(entries->at(0).data == signer->vcek().ToDer());
  CHECK(entries->at(1).data == signer->ask().ToDer());
  CHECK(entries->at(2).data == signer->ark().ToDer());
}

TEST_CASE("Case 70: a table from a hostile host is refused as a whole") {
  REQUIRE_FALSE(Refused(Table(GoodRows(), 8)));
  std::vector<Row> rows = GoodRows();

  SECTION("offset and length wrap") {
    rows[1] = {std::string(kAsk), 0xffffffff, 5};
    CHECK(Refused(Table(rows, 8)));
    rows[1] = {std::string(kAsk), 76, 0xfffffffc};
    CHECK(Refused(Table(rows, 8)));
  }
  SECTION("data ends one byte past the end") {
    rows[1].length = 5;
    CHECK(Refused(Table(rows, 8)));
    CHECK_FALSE(Refused(Table(rows, 9)));
  }
  SECTION("data overlaps other data") {
    rows[1].offset = 75;
    CHECK(Refused(Table(rows, 8)));
    rows[1] = {std::string(kAsk), 72, 4};
    CHECK(Refused(Table(rows, 8)));
  }
  SECTION("data overlaps the rows") {
    rows[0].offset = 71;
    CHECK(Refused(Table(rows, 8)));
    rows[0].offset = 0;
    CHECK(Refused(Table(rows, 8)));
  }
  SECTION("10,000 entries, or nine") {
    CHECK(Refused(Table(std::vector<Row>(10'000, {std::string(kVcek), 72, 4}), 8)));
    CHECK(Refused(Table(std::vector<Row>(9, {std::string(kVcek), 72, 4}), 8)));
  }
  SECTION("no terminator") {
    CHECK(Refused(Rows(rows)));
    base::Bytes cut = Table(rows, 0);
    cut.pop_back();
    CHECK(Refused(cut));
  }
  SECTION("an entry without data") {
    rows[1].length = 0;
    CHECK(Refused(Table(rows, 8)));
  }
  SECTION("a GUID that nobody knows") {
    rows[1].guid = kUnknown;
    CHECK(Refused(Table(rows, 8)));
  }
  SECTION("two VCEKs") {
    rows[1].guid = kVcek;
    CHECK(Refused(Table(rows, 8)));
    rows[1].guid = kVcekMixed;
    CHECK(Refused(Table(rows, 8)));
  }
  SECTION("more than 64 KiB") {
    CHECK_FALSE(Refused(Table(rows, kMaxCertTableSize - 72)));
    CHECK(Refused(Table(rows, kMaxCertTableSize - 71)));
  }
}

}  // namespace attestd::tee::snp
