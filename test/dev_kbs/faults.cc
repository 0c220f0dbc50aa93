// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/faults.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::dev_kbs {
namespace {

// Shapes of arguments, divided by spaces: N a number, S a number with a sign, W a word, P a JSON
// pointer; and those that take the rest of the line: J a JSON value, R any text, B an absolute path
// or hex digits, H a header or nothing. Words with '|' between are a choice.
struct FaultShape {
  std::string_view word;
  FaultStage stage;
  std::string_view args;
  bool at_accept = false;
};

constexpr FaultStage kAnswer = FaultStage::kAnswer;
constexpr FaultStage kWire = FaultStage::kWire;
constexpr std::array<FaultShape, 34> kShapes = {{
    {"reset-before", kWire, "", true},
    {"half-close", kWire, "", true},
    {"stall-before", kWire, "", true},
    {"delay", kWire, "N", true},
    {"reset-headers", kWire, ""},
    {"reset-body", kWire, ""},
    {"stall-headers", kWire, ""},
    {"drip", kWire, "N"},
    {"status", kWire, "N H"},
    {"redirect", kWire, "N W"},
    {"truncate", kWire, "N"},
    {"length-lie", kWire, "S"},
    {"length-duplicate", kWire, ""},
    {"length-negative", kWire, ""},
    {"chunked-endless", kWire, ""},
    {"te-duplicate", kWire, ""},
    {"gzip-bomb", kWire, ""},
    {"http09", kWire, ""},
    {"headers", kWire, "N"},
    {"big-header", kWire, "N"},
    {"body", kWire, "B"},
    {"cookie", kWire, "W"},
    {"json-set", kAnswer, "P J"},
    {"json-bomb", kAnswer, "depth|keys|duplicate|nan|1e400|surrogate|bom|trailing|string"},
    {"token", kAnswer, "none-alg|not-jwt|huge|no-exp|past-exp|other-key"},
    {"jwe-protected", kAnswer, "R"},
    {"jwe-header", kAnswer, "W R"},
    {"jwe-set", kAnswer, "W R"},
    {"jwe-flip", kAnswer, "W N"},
    {"jwe-other-key", kAnswer, ""},
    {"jwe-epk", kAnswer, "off-curve|infinity|x-ge-p|other-curve|wrong-length|with-d"},
    {"jwe-wrap", kAnswer, "short|flip|cek-length"},
    {"repeat-nonce", kAnswer, ""},
    {"repeat-answer", kAnswer, ""},
}};
constexpr int64_t kMaxNumber = int64_t{1} << 24;

absl::Status Invalid(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

// Takes the next word off the text.
std::string TakeWord(std::string_view& text, char divider = ' ') {
  text.remove_prefix(std::min(text.find_first_not_of(divider), text.size()));
  const size_t end = std::min(text.find(divider), text.size());
  std::string word(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::optional<int64_t> ReadNumber(const std::string& text, bool with_sign) {
  int64_t number = 0;
  const bool sign = !text.empty() && (text.front() == '+' || text.front() == '-');
  if (sign != with_sign || !absl::SimpleAtoi(text.c_str(), &number) || number > kMaxNumber ||
      number < -kMaxNumber) {
    return std::nullopt;
  }
  return number;
}

bool IsPointer(const std::string& text) {
  // The library throws; this is its boundary.
  try {
    return !text.empty() && !base::Json::json_pointer(text).empty();
  } catch (const base::Json::exception& error) {
    return false;
  }
}

bool IsChoice(std::string_view choices, const std::string& word) {
  while (!choices.empty()) {
    if (TakeWord(choices, '|') == word) {
      return true;
    }
  }
  return false;
}

bool Fits(std::string_view shape, const std::string& arg) {
  if (shape == "N" || shape == "S") {
    return ReadNumber(arg, shape == "S").has_value();
  }
  if (shape == "P") {
    return IsPointer(arg);
  }
  if (shape == "J") {
    return base::ParseJson(arg).ok();
  }
  if (shape == "B") {
    return arg.starts_with('/') || base::HexDecode(arg).ok();
  }
  if (shape == "H") {
    return arg.empty() || arg.find(": ") != std::string::npos;
  }
  return shape == "W" || shape == "R" ? !arg.empty() : IsChoice(shape, arg);
}

bool TakesRest(std::string_view shape) {
  return shape == "J" || shape == "R" || shape == "B" || shape == "H";
}

absl::StatusOr<Fault> ParseFault(std::string_view text, Endpoint endpoint) {
  const std::string word = TakeWord(text);
  const auto* const shape = std::find_if(kShapes.begin(), kShapes.end(),
                                         [&](const FaultShape& one) { return one.word == word; });
  if (word.empty() || shape == kShapes.end()) {
    return Invalid("unknown fault \"" + word + "\"");
  }
  if (endpoint == Endpoint::kAccept && !shape->at_accept) {
    return Invalid("\"" + word + "\" needs a request, and accept has none");
  }
  Fault fault{.word = word, .args = {}, .stage = shape->stage};
  std::string_view shapes = shape->args;
  while (!shapes.empty()) {
    const std::string one = TakeWord(shapes);
    std::string arg = TakesRest(one) ? std::string(text) : TakeWord(text);
    if (!Fits(one, arg)) {
      return Invalid("\"" + word + "\" does not take \"" + arg + "\"");
    }
    text = TakesRest(one) ? "" : text;
    fault.args.push_back(std::move(arg));
  }
  if (text.find_first_not_of(' ') != std::string_view::npos) {
    return Invalid("\"" + word + "\" does not take \"" + std::string(text) + "\"");
  }
  return fault;
}

absl::StatusOr<Endpoint> ParseEndpoint(const std::string& word) {
  constexpr std::array<std::pair<std::string_view, Endpoint>, 5> kEndpoints = {
      {{"accept", Endpoint::kAccept},
       {"auth", Endpoint::kAuth},
       {"attest", Endpoint::kAttest},
       {"resource", Endpoint::kResource},
       {"any", Endpoint::kAny}}};
  for (const auto& [name, endpoint] : kEndpoints) {
    if (name == word) {
      return endpoint;
    }
  }
  return Invalid("unknown endpoint \"" + word + "\"");
}

// "3", "3+" or "always".
absl::Status ParseNth(std::string word, FaultRule& rule) {
  if (word == "always") {
    word = "1+";
  }
  const bool onward = word.ends_with('+');
  const std::optional<int64_t> number =
      ReadNumber(onward ? word.substr(0, word.size() - 1) : word, false);
  if (!number.has_value() || *number < 1) {
    return Invalid("\"" + word + "\" is not N, N+ or always");
  }
  rule.first = static_cast<uint64_t>(*number);
  rule.last = onward ? std::numeric_limits<uint64_t>::max() : rule.first;
  return absl::OkStatus();
}

absl::StatusOr<FaultRule> ParseRule(std::string_view line) {
  FaultRule rule{.text = std::string(line), .fault = {}};
  ASSIGN_OR_RETURN(rule.endpoint, ParseEndpoint(TakeWord(line)));
  RETURN_IF_ERROR(ParseNth(TakeWord(line), rule));
  ASSIGN_OR_RETURN(rule.fault, ParseFault(line, rule.endpoint));
  return rule;
}

}  // namespace

int64_t Fault::Number(size_t index) const {
  int64_t number = 0;
  static_cast<void>(absl::SimpleAtoi(args.at(index).c_str(), &number));
  return number;
}

bool FaultRule::Covers(Endpoint one) const {
  return endpoint == one || (endpoint == Endpoint::kAny && one != Endpoint::kAccept);
}

absl::StatusOr<std::vector<FaultRule>> ParseFaults(std::string_view text) {
  std::vector<FaultRule> rules;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line.front() == '#') {
      continue;
    }
    absl::StatusOr<FaultRule> rule = ParseRule(line);
    if (!rule.ok()) {
      return base::Annotate(rule.status(), "line " + std::to_string(number));
    }
    rules.push_back(*std::move(rule));
  }
  return rules;
}

}  // namespace attestd::dev_kbs
