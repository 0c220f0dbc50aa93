// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/format/cert_table.h"

#include <algorithm>
#include <array>

#include "base/byte_reader.h"
#include "base/encoding.h"

namespace attestd::tee::snp {
namespace {

constexpr size_t kGuidSize = 16;

struct KnownGuid {
  CertType type;
  std::string_view guid;
};

// SEV-SNP firmware ABI 56860 and GHCB 2.0 (VLEK: 57230); the last is Google's "extra platform
// info".
constexpr std::array<KnownGuid, 6> kKnownGuids = {{
    {CertType::kVcek, "63da758d-e664-4564-adc5-f4b93be8accd"},
    {CertType::kVlek, "a8074bc2-a25a-483e-aae6-39c045a0b8a1"},
    {CertType::kAsk, "4ab7b379-bbac-4fe4-a02f-05aef327c782"},
    {CertType::kArk, "c0b406a4-a803-4952-9743-3fb6014cd0ae"},
    {CertType::kCrl, "92f81bc3-5811-4d3d-97ff-d19f88dc67ea"},
    {CertType::kOther, "ecae0c0f-9502-43b1-afa2-0ae2e0d565b6"},
}};

// One row of the table.
struct Row {
  base::ByteView guid;
  size_t offset = 0;
  size_t length = 0;
};

absl::Status Bad(size_t index, std::string_view what) {
  return base::MakeStatus(
      absl::StatusCode::kInvalidArgument,
      "certificate table: entry " + std::to_string(index) + ": " + std::string(what));
}

std::string GuidText(base::ByteView guid) {
  std::string text = base::HexEncode(guid);
  for (const size_t position : {8U, 13U, 18U, 23U}) {
    text.insert(position, 1, '-');
  }
  return text;
}

// Between the text's order and that of Microsoft's struct, whose first three parts are
// little-endian.
base::Bytes Swapped(base::ByteView guid) {
  base::Bytes swapped = base::ToBytes(guid);
  std::reverse(swapped.begin(), swapped.begin() + 4);
  std::reverse(swapped.begin() + 4, swapped.begin() + 6);
  std::reverse(swapped.begin() + 6, swapped.begin() + 8);
  return swapped;
}

bool IsTerminator(const Row& row) {
  return std::all_of(row.guid.begin(), row.guid.end(), [](uint8_t byte) { return byte == 0; });
}

absl::StatusOr<std::vector<Row>> ReadRows(base::ByteReader& reader) {
  std::vector<Row> rows;
  while (true) {
    Row row;
    const auto guid = reader.ReadBytes(kGuidSize);
    const auto offset = reader.ReadU32Le();
    const auto length = reader.ReadU32Le();
    if (!guid.ok() || !offset.ok() || !length.ok()) {
      return Bad(rows.size(), "the table ends without an entry of zeros");
    }
    row = {.guid = *guid, .offset = *offset, .length = *length};
    if (IsTerminator(row)) {
      return rows;
    }
    if (rows.size() == kMaxCertTableEntries) {
      return Bad(rows.size(), "more than 8 entries");
    }
    rows.push_back(row);
  }
}

bool Overlap(const Row& a, const Row& b) {
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}

// size_t holds the sum of two 32-bit numbers, so that nothing wraps.
static_assert(sizeof(size_t) > sizeof(uint32_t));

absl::Status CheckPlace(const std::vector<Row>& rows, size_t index, size_t header, size_t size) {
  const Row& row = rows[index];
  if (row.length == 0) {
    return Bad(index, "its data is empty");
  }
  if (row.offset < header || row.offset + row.length > size) {
    return Bad(index, "its data (offset " + std::to_string(row.offset) + ", length " +
                          std::to_string(row.length) + ") lies outside the table's " +
                          std::to_string(size) + " bytes behind the entries");
  }
  for (size_t other = 0; other < index; ++other) {
    if (Overlap(row, rows[other])) {
      return Bad(index, "its data overlaps that of entry " + std::to_string(other));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view GuidOf(CertType type) {
  if (type == CertType::kOther) {
    return "";
  }
  const auto* const known = std::find_if(kKnownGuids.begin(), kKnownGuids.end(),
                                         [&](const KnownGuid& k) { return k.type == type; });
  return known == kKnownGuids.end() ? "" : known->guid;
}

std::optional<CertEntry> TypeOfGuid(base::ByteView guid) {
  if (guid.size() != kGuidSize) {
    return std::nullopt;
  }
  const std::string text = GuidText(guid);
  const std::string swapped = GuidText(Swapped(guid));
  for (const KnownGuid& known : kKnownGuids) {
    if (known.guid == text || known.guid == swapped) {
      CertEntry entry;
      entry.type = known.type;
      entry.guid = known.type == CertType::kOther ? std::string(known.guid) : "";
      return entry;
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<CertEntry>> ParseCertTable(base::ByteView table) {
  if (table.size() > kMaxCertTableSize) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "certificate table: more than 65536 bytes");
  }
  base::ByteReader reader(table);
  ASSIGN_OR_RETURN(const std::vector<Row> rows, ReadRows(reader));
  std::vector<CertEntry> entries;
  for (size_t i = 0; i < rows.size(); ++i) {
    RETURN_IF_ERROR(CheckPlace(rows, i, reader.offset(), table.size()));
    std::optional<CertEntry> entry = TypeOfGuid(rows[i].guid);
    if (!entry.has_value()) {
      return Bad(i, "unknown GUID " + GuidText(rows[i].guid));
    }
    const bool twice = std::any_of(entries.begin(), entries.end(), [&](const CertEntry& other) {
      return other.type == entry->type && other.guid == entry->guid;
    });
    if (twice) {
      return Bad(i, "GUID " + GuidText(rows[i].guid) + " is there twice");
    }
    entry->data = base::ToBytes(table.subspan(rows[i].offset, rows[i].length));
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace attestd::tee::snp
