// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <absl/strings/match.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/encoding.h"

namespace attestd::base {
namespace {

absl::Status BadJson(std::string_view message) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

// Builds the value while it counts: depth, size and duplicate keys are refused before memory is
// spent, and texts are moved instead of copied.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return Refuse("binary value"); }
  bool start_object(std::size_t /*size*/) override { return Enter(Json::object()); }
  bool end_object() override { return Leave(); }
  bool start_array(std::size_t /*size*/) override { return Enter(Json::array()); }
  bool end_array() override { return Leave(); }
  bool key(string_t& value) override {
    Json& object = *open_.back();
    if (object.contains(value)) {
      return Refuse("JSON: duplicate key");
    }
    member_ = &object[std::move(value)];
    return Count();
  }
  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return Refuse("JSON: syntax error near byte " + std::to_string(position));
  }

  const std::string& problem() const { return problem_; }
  Json Take() { return std::move(root_); }

 private:
  bool Count() { return ++elements_ <= limits_.elements || Refuse("JSON: too many elements"); }
  bool Add(Json value) { return Place(std::move(value)) != nullptr; }
  // Where the value lies now; null when it is one too many.
  Json* Place(Json value) {
    if (!Count()) {
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      return &open_.back()->emplace_back(std::move(value));
    }
    *member_ = std::move(value);
    return member_;
  }
  // Pointers into the value stay good: whatever grows lies at the end of them.
  bool Enter(Json container) {
    if (open_.size() >= limits_.depth) {
      return Refuse("JSON: nested too deeply");
    }
    Json* place = Place(std::move(container));
    if (place != nullptr) {
      open_.push_back(place);
    }
    return place != nullptr;
  }
  bool Leave() {
    open_.pop_back();
    return true;
  }
  bool Refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  JsonLimits limits_;
  size_t elements_ = 0;
  Json root_;
  std::vector<Json*> open_;
  Json* member_ = nullptr;
  std::string problem_ = "JSON: refused";
};

absl::StatusOr<Bytes> GetDecoded(const Json& object, std::string_view key,
                                 absl::StatusOr<Bytes> (*decode)(std::string_view text)) {
  ASSIGN_OR_RETURN(const std::string* text, FindString(object, key));
  absl::StatusOr<Bytes> bytes = decode(*text);
  if (!bytes.ok()) {
    return Annotate(bytes.status(), key);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  Builder builder(limits);
  if (text.starts_with("\xef\xbb\xbf")) {
    return BadJson("JSON: byte order mark");
  }
  // The library takes it for the end of the text.
  if (absl::StrContains({text.data(), text.size()}, '\0')) {
    return BadJson("JSON: a byte of zero");
  }
  if (!Json::sax_parse(text, &builder)) {
    return BadJson(builder.problem());
  }
  return builder.Take();
}

absl::StatusOr<Json> ParseJson(std::string_view text) { return ParseJson(text, JsonLimits{}); }

absl::StatusOr<std::string> DumpJson(const Json& value) {
  try {
    return value.dump();
  } catch (const nlohmann::json::exception&) {
    return BadJson("JSON: text is not valid UTF-8");
  }
}

absl::StatusOr<const Json*> GetMember(const Json& object, std::string_view key) {
  if (!object.is_object()) {
    return BadJson("JSON: expected an object");
  }
  const auto found = object.find(key);
  if (found == object.end()) {
    return BadJson("JSON: missing \"" + std::string(key) + "\"");
  }
  return &*found;
}

absl::StatusOr<const std::string*> FindString(const Json& object, std::string_view key) {
  ASSIGN_OR_RETURN(const Json* member, GetMember(object, key));
  if (!member->is_string()) {
    return BadJson("JSON: \"" + std::string(key) + "\" is not a string");
  }
  return member->get_ptr<const std::string*>();
}

absl::StatusOr<std::string> GetString(const Json& object, std::string_view key) {
  ASSIGN_OR_RETURN(const std::string* text, FindString(object, key));
  return *text;
}

absl::StatusOr<Bytes> GetBase64(const Json& object, std::string_view key) {
  return GetDecoded(object, key, Base64Decode);
}

absl::StatusOr<Bytes> GetBase64Url(const Json& object, std::string_view key) {
  return GetDecoded(object, key, Base64UrlDecode);
}

absl::StatusOr<uint64_t> GetUnsigned(const Json& object, std::string_view key, uint64_t max) {
  ASSIGN_OR_RETURN(const Json* member, GetMember(object, key));
  if (!member->is_number_unsigned() || member->get<uint64_t>() > max) {
    return BadJson("JSON: \"" + std::string(key) + "\" is no number up to " + std::to_string(max));
  }
  return member->get<uint64_t>();
}

absl::StatusOr<Bytes> BytesFromNumbers(const Json& value) {
  constexpr uint64_t kMaxByte = 255;
  if (!value.is_array()) {
    return BadJson("JSON: not an array of numbers");
  }
  Bytes bytes;
  bytes.reserve(value.size());
  for (const Json& number : value) {
    if (!number.is_number_unsigned() || number.get<uint64_t>() > kMaxByte) {
      return BadJson("JSON: not numbers from 0 to 255");
    }
    bytes.push_back(static_cast<uint8_t>(number.get<uint64_t>()));
  }
  return bytes;
}

}  // namespace attestd::base
