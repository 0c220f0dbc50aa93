// SPDX-License-Identifier: Apache-2.0
#include "eventlog/tcg_log.h"

#include <absl/functional/function_ref.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/byte_reader.h"

namespace attestd::eventlog {
namespace {

constexpr size_t kMaxLogBytes = size_t{16} << 20;
constexpr size_t kMaxEvents = 100000;
constexpr size_t kEndMarkBytes = 8;
// TCG_PCR_EVENT of the header has room for a SHA-1 digest.
constexpr size_t kSha1Bytes = 20;
// Firmware declares a handful; every algorithm of the TCG registry has a digest of at most 64.
constexpr uint32_t kMaxAlgorithms = 16;
constexpr uint16_t kMaxDigestBytes = 64;
constexpr uint32_t kEvNoAction = 3;
// TCG_EfiSpecIDEvent, with its terminating zero.
constexpr std::string_view kSignature("Spec ID Event03\0", 16);

// Digest sizes that the header declares, by TPM_ALG_ID.
using DigestSizes = std::map<uint16_t, uint16_t>;

absl::Status Malformed(std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, problem);
}

// Whether a declared size contradicts the algorithm.
bool IsWrongSize(uint16_t algorithm, uint16_t size) {
  const size_t known = DigestBytes(algorithm);
  return known != 0 ? size != known : size == 0 || size > kMaxDigestBytes;
}

// TCG_EfiSpecIDEvent (section 10.4.5.1).
absl::StatusOr<DigestSizes> ParseSpecId(base::ByteView event) {
  base::ByteReader reader(event);
  ASSIGN_OR_RETURN(const base::ByteView signature, reader.ReadBytes(kSignature.size()));
  if (base::AsText(signature) != kSignature) {
    return Malformed("expected the signature \"Spec ID Event03\"");
  }
  // Platform class, version (minor, major, errata) and size of UINTN.
  RETURN_IF_ERROR(reader.ReadBytes(8).status());
  ASSIGN_OR_RETURN(const uint32_t count, reader.ReadU32Le());
  if (count == 0 || count > kMaxAlgorithms) {
    return Malformed(std::to_string(count) + " digest algorithms declared; expected 1 to " +
                     std::to_string(kMaxAlgorithms));
  }
  DigestSizes sizes;
  for (uint32_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const uint16_t algorithm, reader.ReadU16Le());
    ASSIGN_OR_RETURN(const uint16_t size, reader.ReadU16Le());
    if (IsWrongSize(algorithm, size) || !sizes.emplace(algorithm, size).second) {
      return Malformed("digest algorithm " + std::to_string(algorithm) + " declared with size " +
                       std::to_string(size) + " or twice");
    }
  }
  ASSIGN_OR_RETURN(const uint8_t vendor_bytes, reader.ReadU8());
  RETURN_IF_ERROR(reader.ReadBytes(vendor_bytes).status());
  return sizes;
}

// TCG_PCR_EVENT with the Spec ID event, which every crypto-agile log begins with.
absl::StatusOr<DigestSizes> ReadHeader(base::ByteReader& reader) {
  RETURN_IF_ERROR(reader.ReadU32Le().status());  // the index differs between firmwares
  ASSIGN_OR_RETURN(const uint32_t type, reader.ReadU32Le());
  if (type != kEvNoAction) {
    return Malformed("event type " + std::to_string(type) + "; expected EV_NO_ACTION (3)");
  }
  RETURN_IF_ERROR(reader.ReadBytes(kSha1Bytes).status());
  ASSIGN_OR_RETURN(const uint32_t size, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const base::ByteView event, reader.ReadBytes(size));
  return ParseSpecId(event);
}

absl::StatusOr<Event> ReadEvent(base::ByteReader& reader, const DigestSizes& sizes) {
  Event event;
  ASSIGN_OR_RETURN(event.index, reader.ReadU32Le());
  ASSIGN_OR_RETURN(event.type, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const uint32_t count, reader.ReadU32Le());
  if (count > sizes.size()) {
    return Malformed(std::to_string(count) + " digests; the header declares " +
                     std::to_string(sizes.size()) + " algorithms");
  }
  for (uint32_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const uint16_t algorithm, reader.ReadU16Le());
    const auto size = sizes.find(algorithm);
    if (size == sizes.end()) {
      return Malformed("digest algorithm " + std::to_string(algorithm) + " was not declared");
    }
    ASSIGN_OR_RETURN(const base::ByteView digest, reader.ReadBytes(size->second));
    if (!event.digests.emplace(algorithm, base::ToBytes(digest)).second) {
      return Malformed("digest algorithm " + std::to_string(algorithm) + " twice");
    }
  }
  ASSIGN_OR_RETURN(const uint32_t bytes, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const base::ByteView data, reader.ReadBytes(bytes));
  event.data = base::ToBytes(data);
  return event;
}

// Firmware fills what it does not use with ones or zeros.
bool IsEndMark(base::ByteView rest) {
  if (rest.size() < kEndMarkBytes) {
    return false;
  }
  const base::ByteView mark = rest.first(kEndMarkBytes);
  const auto all = [&](uint8_t value) {
    return std::all_of(mark.begin(), mark.end(), [&](uint8_t byte) { return byte == value; });
  };
  return all(0xff) || all(0x00);
}

// Hands each event to `take`; the bytes that the log uses.
absl::StatusOr<size_t> ReadLog(base::ByteView bytes, absl::FunctionRef<void(Event)> take) {
  if (bytes.size() > kMaxLogBytes) {
    return Malformed("event log: " + std::to_string(bytes.size()) + " bytes; expected at most " +
                     std::to_string(kMaxLogBytes));
  }
  base::ByteReader reader(bytes);
  auto sizes = ReadHeader(reader);
  if (!sizes.ok()) {
    return base::Annotate(sizes.status(), "event log: header at offset 0");
  }
  for (size_t count = 0; reader.remaining() > 0 && !IsEndMark(bytes.subspan(reader.offset()));
       ++count) {
    const std::string name = "event log: event " + std::to_string(count) + " at offset " +
                             std::to_string(reader.offset());
    if (count == kMaxEvents) {
      return Malformed(name + ": expected at most " + std::to_string(kMaxEvents) + " events");
    }
    auto event = ReadEvent(reader, *sizes);
    if (!event.ok()) {
      return base::Annotate(event.status(), name);
    }
    take(*std::move(event));
  }
  return reader.offset();
}

}  // namespace

uint16_t TpmAlgorithmId(base::HashAlgorithm hash) {
  switch (hash) {
    case base::HashAlgorithm::kSha256:
      return 0x000b;
    case base::HashAlgorithm::kSha384:
      return 0x000c;
    case base::HashAlgorithm::kSha512:
      return 0x000d;
  }
  return 0;
}

size_t DigestBytes(base::HashAlgorithm hash) {
  switch (hash) {
    case base::HashAlgorithm::kSha256:
      return 32;
    case base::HashAlgorithm::kSha384:
      return 48;
    case base::HashAlgorithm::kSha512:
      return 64;
  }
  return 0;
}

size_t DigestBytes(uint16_t algorithm) {
  for (const auto hash :
       {base::HashAlgorithm::kSha256, base::HashAlgorithm::kSha384, base::HashAlgorithm::kSha512}) {
    if (algorithm == TpmAlgorithmId(hash)) {
      return DigestBytes(hash);
    }
  }
  return 0;
}

absl::StatusOr<EventLog> ParseTcgLog(base::ByteView bytes) {
  EventLog log;
  ASSIGN_OR_RETURN(log.used,
                   ReadLog(bytes, [&log](Event event) { log.events.push_back(std::move(event)); }));
  return log;
}

absl::StatusOr<size_t> MeasureTcgLog(base::ByteView bytes) {
  return ReadLog(bytes, [](const Event& /*event*/) {});
}

absl::StatusOr<std::map<uint32_t, base::Bytes>> Replay(const EventLog& log,
                                                       base::HashAlgorithm hash) {
  std::map<uint32_t, base::Bytes> registers;
  for (size_t i = 0; i < log.events.size(); ++i) {
    const Event& event = log.events[i];
    if (event.type == kEvNoAction) {
      continue;
    }
    const auto digest = event.digests.find(TpmAlgorithmId(hash));
    if (digest == event.digests.end() || digest->second.size() != DigestBytes(hash)) {
      return Malformed("event log: event " + std::to_string(i) + " of type " +
                       std::to_string(event.type) + " has no " +
                       std::string(base::HashAlgorithmName(hash)) + " digest");
    }
    const auto [value, is_new] =
        registers.try_emplace(event.index, base::Bytes(DigestBytes(hash), 0));
    ASSIGN_OR_RETURN(value->second, base::ExtendedValue(hash, value->second, digest->second));
  }
  return registers;
}

}  // namespace attestd::eventlog
