// SPDX-License-Identifier: Apache-2.0
#include "eventlog/journal.h"

#include <absl/strings/numbers.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::eventlog {
namespace {

constexpr int kVersion = 1;
// Digests of SHA-2 have 32 to 64 bytes.
constexpr size_t kMinValueBytes = 32;
constexpr size_t kMaxValueBytes = 64;

absl::Status Malformed(std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, problem);
}

absl::StatusOr<base::Bytes> GetValue(const base::Json& object, std::string_view key) {
  ASSIGN_OR_RETURN(const std::string text, base::GetString(object, key));
  absl::StatusOr<base::Bytes> value = base::HexDecode(text);
  if (!value.ok() || value->size() < kMinValueBytes || value->size() > kMaxValueBytes) {
    return Malformed(std::string(key) + ": expected the value of a register in hex");
  }
  return value;
}

absl::StatusOr<Intent> ParseIntent(const base::Json& object) {
  Intent intent;
  ASSIGN_OR_RETURN(intent.pcr,
                   base::GetUnsigned(object, "pcr", std::numeric_limits<uint64_t>::max()));
  ASSIGN_OR_RETURN(const uint64_t index,
                   base::GetUnsigned(object, "register", std::numeric_limits<uint32_t>::max()));
  intent.index = static_cast<uint32_t>(index);
  ASSIGN_OR_RETURN(intent.before, GetValue(object, "before"));
  ASSIGN_OR_RETURN(intent.after, GetValue(object, "after"));
  ASSIGN_OR_RETURN(const std::string entry, base::GetString(object, "entry"));
  ASSIGN_OR_RETURN(intent.entry, base::Base64Decode(entry));
  return intent;
}

absl::StatusOr<std::map<uint32_t, base::Bytes>> ParseRegisters(const base::Json& object) {
  if (!object.is_object()) {
    return Malformed("registers: expected an object");
  }
  std::map<uint32_t, base::Bytes> registers;
  for (const auto& [name, text] : object.items()) {
    uint32_t index = 0;
    if (!absl::SimpleAtoi(name, &index) || std::to_string(index) != name) {
      return Malformed("registers: expected the number of a register");
    }
    ASSIGN_OR_RETURN(registers[index], GetValue(object, name));
  }
  return registers;
}

}  // namespace

absl::StatusOr<std::string> EncodeJournal(const Journal& journal) {
  base::Json json = {
      {"version", kVersion}, {"log_bytes", journal.log_bytes}, {"registers", base::Json::object()}};
  for (const auto& [index, value] : journal.registers) {
    json["registers"][std::to_string(index)] = base::HexEncode(value);
  }
  if (journal.intent.has_value()) {
    const Intent& intent = *journal.intent;
    json["intent"] = {{"pcr", intent.pcr},
                      {"register", intent.index},
                      {"before", base::HexEncode(intent.before)},
                      {"after", base::HexEncode(intent.after)},
                      {"entry", base::Base64Encode(intent.entry)}};
  }
  ASSIGN_OR_RETURN(std::string text, base::DumpJson(json));
  return text + "\n";
}

absl::StatusOr<Journal> ParseJournal(std::string_view text) {
  Journal journal;
  if (text.empty()) {
    return journal;
  }
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(text));
  ASSIGN_OR_RETURN(const uint64_t version, base::GetUnsigned(json, "version", kVersion));
  if (version != kVersion) {
    return Malformed("version: expected 1");
  }
  ASSIGN_OR_RETURN(const uint64_t log_bytes,
                   base::GetUnsigned(json, "log_bytes", std::numeric_limits<uint32_t>::max()));
  journal.log_bytes = static_cast<size_t>(log_bytes);
  ASSIGN_OR_RETURN(const base::Json* registers, base::GetMember(json, "registers"));
  ASSIGN_OR_RETURN(journal.registers, ParseRegisters(*registers));
  if (json.contains("intent")) {
    ASSIGN_OR_RETURN(journal.intent, ParseIntent(json["intent"]));
  }
  return journal;
}

}  // namespace attestd::eventlog
