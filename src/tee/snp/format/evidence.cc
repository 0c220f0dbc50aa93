// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/format/evidence.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <type_traits>
#include <utility>

#include "base/json.h"
#include "tee/snp/format/report_layout.h"

namespace attestd::tee::snp {
namespace {

// Room for a full certificate table as numbers.
constexpr base::JsonLimits kLimits = {.depth = 8, .elements = 100'000};
constexpr size_t kMaxCertificates = 16;

struct TypeName {
  CertType type;
  std::string_view name;
};

constexpr std::array<TypeName, 5> kTypeNames = {{
    {CertType::kVcek, "VCEK"},
    {CertType::kVlek, "VLEK"},
    {CertType::kAsk, "ASK"},
    {CertType::kArk, "ARK"},
    {CertType::kCrl, "CRL"},
}};
constexpr char kOtherName[] = "OTHER";
// An entry without content, which the other side writes for the end of a table.
constexpr std::string_view kEmptyName = "Empty";

absl::Status Bad(std::string_view name, std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "\"" + std::string(name) + "\" " + std::string(what));
}

// The visitor that writes JSON.
class JsonWriter {
 public:
  template <typename T>
  void Field(const char* name, const T& value) {
    object_[name] = value;
  }
  void Field(const char* name, const TcbVersion& value) {
    object_[name] = {{"fmc", value.fmc.has_value() ? base::Json(*value.fmc) : base::Json()},
                     {"bootloader", value.bootloader},
                     {"tee", value.tee},
                     {"snp", value.snp},
                     {"microcode", value.microcode}};
  }
  void Field(const char* name, const FirmwareVersion& value) {
    object_[name] = {{"major", value.major}, {"minor", value.minor}, {"build", value.build}};
  }
  template <typename T>
  void Optional(const char* name, const std::optional<T>& value, bool /*there*/) {
    object_[name] = value.has_value() ? base::Json(*value) : base::Json();
  }
  void Signature(const std::array<uint8_t, 72>& r, const std::array<uint8_t, 72>& s) {
    object_["signature"] = {{"r", r}, {"s", s}};
  }
  void Reserved(size_t /*offset*/, size_t /*size*/) {}

  base::Json Finish() && { return std::move(object_); }

 private:
  base::Json object_ = base::Json::object();
};

template <typename T>
absl::StatusOr<T> ToInteger(const base::Json& value, std::string_view name) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > std::numeric_limits<T>::max()) {
    return Bad(name, "is no unsigned integer of " + std::to_string(8 * sizeof(T)) + " bits");
  }
  return static_cast<T>(value.get<uint64_t>());
}

absl::Status CopyBytes(const base::Json& value, std::string_view name, std::span<uint8_t> to) {
  if (!value.is_array() || value.size() != to.size()) {
    return Bad(name, "is not " + std::to_string(to.size()) + " bytes");
  }
  for (size_t i = 0; i < to.size(); ++i) {
    ASSIGN_OR_RETURN(to[i], ToInteger<uint8_t>(value[i], name));
  }
  return absl::OkStatus();
}

template <typename T>
absl::Status GetInteger(const base::Json& object, std::string_view name, T& to) {
  ASSIGN_OR_RETURN(const base::Json* member, base::GetMember(object, name));
  ASSIGN_OR_RETURN(to, ToInteger<T>(*member, name));
  return absl::OkStatus();
}

// Absent and null are the same.
template <typename T>
absl::Status GetOptional(const base::Json& object, std::string_view name, std::optional<T>& to) {
  const auto member = object.find(std::string(name));
  if (member == object.end() || member->is_null()) {
    to.reset();
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(to, ToInteger<T>(*member, name));
  return absl::OkStatus();
}

absl::Status ReadMembers(const base::Json& tcb, TcbVersion& to) {
  RETURN_IF_ERROR(GetInteger(tcb, "bootloader", to.bootloader));
  RETURN_IF_ERROR(GetInteger(tcb, "tee", to.tee));
  RETURN_IF_ERROR(GetInteger(tcb, "snp", to.snp));
  RETURN_IF_ERROR(GetInteger(tcb, "microcode", to.microcode));
  return GetOptional(tcb, "fmc", to.fmc);
}

absl::Status ReadMembers(const base::Json& firmware, FirmwareVersion& to) {
  RETURN_IF_ERROR(GetInteger(firmware, "major", to.major));
  RETURN_IF_ERROR(GetInteger(firmware, "minor", to.minor));
  return GetInteger(firmware, "build", to.build);
}

template <size_t size>
absl::Status ReadField(const base::Json& object, std::string_view name,
                       std::array<uint8_t, size>& to) {
  ASSIGN_OR_RETURN(const base::Json* member, base::GetMember(object, name));
  return CopyBytes(*member, name, to);
}

template <typename T>
absl::Status ReadField(const base::Json& object, std::string_view name, T& to) {
  if constexpr (std::is_integral_v<T>) {
    return GetInteger(object, name, to);
  } else {
    ASSIGN_OR_RETURN(const base::Json* member, base::GetMember(object, name));
    return base::Annotate(ReadMembers(*member, to), name);
  }
}

// The visitor that reads JSON.
class JsonReader {
 public:
  explicit JsonReader(const base::Json& object) : object_(object) {}

  template <typename T>
  void Field(std::string_view name, T& value) {
    if (error_.ok()) {
      error_ = ReadField(object_, name, value);
    }
  }
  template <typename T>
  void Optional(std::string_view name, std::optional<T>& value, bool there) {
    if (!error_.ok()) {
      return;
    }
    error_ = GetOptional(object_, name, value);
    if (error_.ok() && value.has_value() != there) {
      error_ = Bad(name, there ? "is missing, but the report's version has it"
                               : "is there, but the report's version has it not");
    }
  }
  void Signature(std::array<uint8_t, 72>& r, std::array<uint8_t, 72>& s) {
    if (!error_.ok()) {
      return;
    }
    const auto signature = base::GetMember(object_, "signature");
    error_ = signature.status();
    if (error_.ok()) {
      error_ = ReadField(**signature, "r", r);
    }
    if (error_.ok()) {
      error_ = ReadField(**signature, "s", s);
    }
  }
  void Reserved(size_t /*offset*/, size_t /*size*/) {}

  const absl::Status& status() const { return error_; }

 private:
  const base::Json& object_;
  absl::Status error_;
};

base::Json TypeToJson(const CertEntry& entry) {
  for (const TypeName& known : kTypeNames) {
    if (known.type == entry.type) {
      return std::string(known.name);
    }
  }
  base::Json other;
  other[kOtherName] = entry.guid;
  return other;
}

// The entry without its data; nothing for an empty one.
absl::StatusOr<std::optional<CertEntry>> TypeFromJson(const base::Json& type) {
  CertEntry entry;
  if (type.is_object() && type.size() == 1) {
    entry.type = CertType::kOther;
    ASSIGN_OR_RETURN(entry.guid, base::GetString(type, kOtherName));
    return entry;
  }
  const std::string name = type.is_string() ? type.get<std::string>() : "";
  if (name == kEmptyName) {
    return std::nullopt;
  }
  for (const TypeName& known : kTypeNames) {
    if (known.name == name) {
      entry.type = known.type;
      return entry;
    }
  }
  return Bad("cert_type", "is not known");
}

absl::StatusOr<std::vector<CertEntry>> CertificatesFromJson(const base::Json& json) {
  std::vector<CertEntry> entries;
  const auto chain = json.find("cert_chain");
  if (chain == json.end() || chain->is_null()) {
    return entries;
  }
  if (!chain->is_array() || chain->size() > kMaxCertificates) {
    return Bad("cert_chain", "is no array of at most 16 certificates");
  }
  for (const base::Json& element : *chain) {
    ASSIGN_OR_RETURN(const base::Json* type, base::GetMember(element, "cert_type"));
    ASSIGN_OR_RETURN(const base::Json* data, base::GetMember(element, "data"));
    ASSIGN_OR_RETURN(std::optional<CertEntry> entry, TypeFromJson(*type));
    if (entry.has_value()) {
      entry->data.resize(data->size());
      RETURN_IF_ERROR(CopyBytes(*data, "data", entry->data));
      entries.push_back(*std::move(entry));
    }
  }
  return entries;
}

absl::StatusOr<SnpEvidence> FromJson(const base::Json& json) {
  SnpEvidence evidence;
  ASSIGN_OR_RETURN(const base::Json* report, base::GetMember(json, "attestation_report"));
  JsonReader reader(*report);
  VisitReport(reader, evidence.report);
  RETURN_IF_ERROR(reader.status());
  ASSIGN_OR_RETURN(evidence.certificates, CertificatesFromJson(json));
  return evidence;
}

}  // namespace

std::string FormatEvidence(const SnpEvidence& evidence) {
  JsonWriter writer;
  VisitReport(writer, evidence.report);
  std::vector<CertEntry> sorted = evidence.certificates;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const CertEntry& a, const CertEntry& b) { return a.type < b.type; });
  base::Json chain;
  for (const CertEntry& entry : sorted) {
    chain.push_back({{"cert_type", TypeToJson(entry)}, {"data", entry.data}});
  }
  const base::Json json = {{"attestation_report", std::move(writer).Finish()},
                           {"cert_chain", std::move(chain)}};
  return json.dump();
}

absl::StatusOr<SnpEvidence> ParseEvidence(std::string_view json) {
  ASSIGN_OR_RETURN(const base::Json value, base::ParseJson(json, kLimits));
  absl::StatusOr<SnpEvidence> evidence = FromJson(value);
  if (!evidence.ok()) {
    return base::Annotate(evidence.status(), "snp evidence");
  }
  return evidence;
}

}  // namespace attestd::tee::snp
