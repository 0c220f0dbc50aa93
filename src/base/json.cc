// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "base/encoding.h"

namespace attestd::base {
namespace {

absl::Status BadJson(std::string_view message) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

// A SAX pass before the real one: refuses depth, size and duplicate keys before memory is spent.
class LimitChecker : public nlohmann::json_sax<Json> {
 public:
  explicit LimitChecker(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return Count(); }
  bool boolean(bool /*value*/) override { return Count(); }
  bool number_integer(number_integer_t /*value*/) override { return Count(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return Count(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return Count(); }
  bool string(string_t& /*value*/) override { return Count(); }
  bool binary(binary_t& /*value*/) override { return Refuse("binary value"); }
  bool start_object(std::size_t /*size*/) override { return Enter(); }
  bool end_object() override { return Leave(); }
  bool start_array(std::size_t /*size*/) override { return Enter(); }
  bool end_array() override { return Leave(); }
  bool key(string_t& value) override {
    if (!keys_.back().insert(value).second) {
      return Refuse("JSON: duplicate key");
    }
    return Count();
  }
  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return Refuse("JSON: syntax error near byte " + std::to_string(position));
  }

  const std::string& problem() const { return problem_; }

 private:
  bool Count() { return ++elements_ <= limits_.elements || Refuse("JSON: too many elements"); }
  bool Enter() {
    keys_.emplace_back();
    if (keys_.size() > limits_.depth) {
      return Refuse("JSON: nested too deeply");
    }
    return Count();
  }
  bool Leave() {
    keys_.pop_back();
    return true;
  }
  bool Refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  JsonLimits limits_;
  size_t elements_ = 0;
  std::vector<std::set<std::string>> keys_;
  std::string problem_ = "JSON: refused";
};

absl::StatusOr<Bytes> GetDecoded(const Json& object, std::string_view key,
                                 absl::StatusOr<Bytes> (*decode)(std::string_view text)) {
  ASSIGN_OR_RETURN(const std::string text, GetString(object, key));
  absl::StatusOr<Bytes> bytes = decode(text);
  if (!bytes.ok()) {
    return Annotate(bytes.status(), key);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  LimitChecker checker(limits);
  if (text.starts_with("\xef\xbb\xbf")) {
    return BadJson("JSON: byte order mark");
  }
  if (!Json::sax_parse(text, &checker)) {
    return BadJson(checker.problem());
  }
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) {
    return BadJson("JSON: refused");
  }
  return value;
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

absl::StatusOr<std::string> GetString(const Json& object, std::string_view key) {
  ASSIGN_OR_RETURN(const Json* member, GetMember(object, key));
  if (!member->is_string()) {
    return BadJson("JSON: \"" + std::string(key) + "\" is not a string");
  }
  return member->get<std::string>();
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
