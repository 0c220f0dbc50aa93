// SPDX-License-Identifier: Apache-2.0
#include "eventlog/aael.h"

#include <absl/strings/match.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "base/encoding.h"
#include "base/json.h"

namespace attestd::eventlog {
namespace {

// Index, type, count of digests, algorithm.
constexpr size_t kHeadBytes = 14;
// Tag, size, and the text with its two spaces.
constexpr size_t kMaxDataBytes = 8 + 2 * kMaxNameBytes + kMaxContentBytes + 2;

absl::Status BadEvent(std::string_view part, std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kBadEvent,
                          "event: " + std::string(part) + " " + std::string(problem));
}

// Of UTF-8 text: C0, DEL, C1, and the line and paragraph separators U+2028 and U+2029.
bool HasControlCharacter(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    const auto next = static_cast<uint8_t>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next < 0xa0)) {
      return true;
    }
    const std::string_view three = text.substr(i, 3);
    if (three == "\xe2\x80\xa8" || three == "\xe2\x80\xa9") {
      return true;
    }
  }
  return false;
}

absl::Status CheckPart(std::string_view part, std::string_view text, size_t limit) {
  if (text.empty()) {
    return BadEvent(part, "is empty");
  }
  if (text.size() > limit) {
    return BadEvent(part, "is " + std::to_string(text.size()) + " bytes; expected at most " +
                              std::to_string(limit));
  }
  if (!base::DumpJson(base::Json(std::string(text))).ok()) {
    return BadEvent(part, "is not UTF-8");
  }
  if (HasControlCharacter(text)) {
    return BadEvent(part, "has a control character or line separator, as NUL or newline");
  }
  return absl::OkStatus();
}

absl::Status CheckName(std::string_view part, std::string_view text) {
  RETURN_IF_ERROR(CheckPart(part, text, kMaxNameBytes));
  if (absl::StrContains({text.data(), text.size()}, ' ')) {
    return BadEvent(part, "has a space, which parts it from what follows");
  }
  return absl::OkStatus();
}

void Append(base::Bytes& bytes, base::ByteView more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

void PutU16(base::Bytes& bytes, uint16_t value) { Append(bytes, base::LittleEndian(value, 2)); }
void PutU32(base::Bytes& bytes, uint32_t value) { Append(bytes, base::LittleEndian(value, 4)); }

absl::Status CheckTaggedEvent(base::ByteView data) {
  base::ByteReader reader(data);
  ASSIGN_OR_RETURN(const uint32_t tag, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const uint32_t size, reader.ReadU32Le());
  if (tag != kAaelTag || size != reader.remaining()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "event data is no tagged event \"AAEL\" of its own size");
  }
  return absl::OkStatus();
}

// Of an entry, in front of its digest.
struct EntryHead {
  uint32_t index = 0;
  uint32_t type = 0;
  uint16_t algorithm = 0;
  size_t digest_bytes = 0;
};

absl::StatusOr<EntryHead> ParseHead(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  EntryHead head;
  ASSIGN_OR_RETURN(head.index, reader.ReadU32Le());
  ASSIGN_OR_RETURN(head.type, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const uint32_t count, reader.ReadU32Le());
  ASSIGN_OR_RETURN(head.algorithm, reader.ReadU16Le());
  head.digest_bytes = DigestBytes(head.algorithm);
  if (head.type != kEvEventTag || count != 1 || head.digest_bytes == 0) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "expected type 6 with one SHA-2 digest, found type " +
                                std::to_string(head.type) + ", count " + std::to_string(count) +
                                ", algorithm " + std::to_string(head.algorithm));
  }
  return head;
}

// The next entry. OutOfRange when the bytes end inside of it.
absl::StatusOr<Event> ReadEntry(base::ByteReader& reader) {
  const absl::Status cut =
      base::MakeStatus(absl::StatusCode::kOutOfRange, "the last entry is cut short");
  const auto front = reader.ReadBytes(kHeadBytes);
  if (!front.ok()) {
    return cut;
  }
  ASSIGN_OR_RETURN(const EntryHead head, ParseHead(*front));
  const auto digest = reader.ReadBytes(head.digest_bytes);
  const auto size = reader.ReadU32Le();
  if (!digest.ok() || !size.ok()) {
    return cut;
  }
  if (*size > kMaxDataBytes) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            std::to_string(*size) + " bytes of event data; expected at most " +
                                std::to_string(kMaxDataBytes));
  }
  const auto data = reader.ReadBytes(*size);
  if (!data.ok()) {
    return cut;
  }
  RETURN_IF_ERROR(CheckTaggedEvent(*data));
  Event event{.index = head.index, .type = head.type, .digests = {}, .data = base::ToBytes(*data)};
  event.digests.emplace(head.algorithm, base::ToBytes(*digest));
  return event;
}

}  // namespace

absl::StatusOr<AaelEntry> EncodeAael(const RuntimeEvent& event, uint32_t index,
                                     base::HashAlgorithm hash) {
  RETURN_IF_ERROR(CheckName("domain", event.domain));
  RETURN_IF_ERROR(CheckName("operation", event.operation));
  RETURN_IF_ERROR(CheckPart("content", event.content, kMaxContentBytes));
  std::string text(event.domain);
  text.append(" ").append(event.operation).append(" ").append(event.content);
  base::Bytes data;
  PutU32(data, kAaelTag);
  PutU32(data, static_cast<uint32_t>(text.size()));
  Append(data, base::AsBytes(text));
  AaelEntry entry;
  ASSIGN_OR_RETURN(entry.digest, base::Hash(hash, data));
  PutU32(entry.bytes, index);
  PutU32(entry.bytes, kEvEventTag);
  PutU32(entry.bytes, 1);
  PutU16(entry.bytes, TpmAlgorithmId(hash));
  Append(entry.bytes, entry.digest);
  PutU32(entry.bytes, static_cast<uint32_t>(data.size()));
  Append(entry.bytes, data);
  return entry;
}

absl::StatusOr<EventLog> ParseAael(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  EventLog log;
  while (reader.remaining() > 0) {
    auto event = ReadEntry(reader);
    if (absl::IsOutOfRange(event.status())) {
      return log;
    }
    if (!event.ok()) {
      return base::Annotate(event.status(), "entry " + std::to_string(log.events.size()) +
                                                " at offset " + std::to_string(log.used));
    }
    log.events.push_back(*std::move(event));
    log.used = reader.offset();
  }
  return log;
}

}  // namespace attestd::eventlog
