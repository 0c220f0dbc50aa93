// SPDX-License-Identifier: Apache-2.0
#include <cbor.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/cbor.h"
#include "base/json.h"

namespace attestd::base {
namespace {

// What one step of the library's decoder saw. A container comes without its content.
struct Token {
  std::optional<Cbor> value;
  uint64_t content = 0;  // items that belong into it
  bool refused = false;  // a kind of value that is not taken
};

Token& TokenOf(void* context) { return *static_cast<Token*>(context); }

void SetNumber(void* context, uint64_t magnitude, bool negative) {
  if (magnitude > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    TokenOf(context).refused = true;
    return;
  }
  const auto number = static_cast<int64_t>(magnitude);
  TokenOf(context).value = Cbor::Integer(negative ? -1 - number : number);
}

void SetContainer(void* context, Cbor::Kind kind, int64_t number, uint64_t content) {
  Token& token = TokenOf(context);
  token.value = Cbor{.kind = kind, .number = number};
  token.content = content;
}

void SetSimple(void* context, int64_t number) {
  TokenOf(context).value = Cbor{.kind = Cbor::Kind::kSimple, .number = number};
}

void Refuse(void* context) { TokenOf(context).refused = true; }

template <typename T>
void OnUnsigned(void* context, T value) {
  SetNumber(context, value, false);
}

template <typename T>
void OnNegative(void* context, T value) {
  SetNumber(context, value, true);
}

void OnTag(void* context, uint64_t tag) {
  if (tag > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    Refuse(context);
    return;
  }
  SetContainer(context, Cbor::Kind::kTag, static_cast<int64_t>(tag), 1);
}

// A text is UTF-8 (RFC 8949, 3.1); the JSON writer knows what that is.
void OnText(void* context, cbor_data data, size_t size) {
  std::string text(AsText({data, size}));
  if (!DumpJson(Json(text)).ok()) {
    Refuse(context);
    return;
  }
  TokenOf(context).value = Cbor::Text(std::move(text));
}

void SetCallbacksForNumbers(cbor_callbacks& callbacks) {
  callbacks.uint8 = OnUnsigned<uint8_t>;
  callbacks.uint16 = OnUnsigned<uint16_t>;
  callbacks.uint32 = OnUnsigned<uint32_t>;
  callbacks.uint64 = OnUnsigned<uint64_t>;
  callbacks.negint8 = OnNegative<uint8_t>;
  callbacks.negint16 = OnNegative<uint16_t>;
  callbacks.negint32 = OnNegative<uint32_t>;
  callbacks.negint64 = OnNegative<uint64_t>;
  callbacks.float2 = [](void* context, float) { Refuse(context); };
  callbacks.float4 = [](void* context, float) { Refuse(context); };
  callbacks.float8 = [](void* context, double) { Refuse(context); };
}

cbor_callbacks MakeCallbacks() {
  cbor_callbacks callbacks = cbor_empty_callbacks;
  SetCallbacksForNumbers(callbacks);
  callbacks.byte_string = [](void* context, cbor_data data, size_t size) {
    TokenOf(context).value = Cbor::ByteString({data, size});
  };
  callbacks.string = OnText;
  callbacks.array_start = [](void* context, size_t size) {
    SetContainer(context, Cbor::Kind::kArray, 0, size);
  };
  callbacks.map_start = [](void* context, size_t size) {
    // A count that does not fit twice is more than any limit.
    const bool fits = size <= std::numeric_limits<uint64_t>::max() / 2;
    SetContainer(context, Cbor::Kind::kMap, 0, fits ? uint64_t{2} * size : size);
  };
  callbacks.tag = OnTag;
  callbacks.boolean = [](void* context, bool value) { SetSimple(context, value ? 21 : 20); };
  callbacks.null = [](void* context) { SetSimple(context, 22); };
  callbacks.undefined = [](void* context) { SetSimple(context, 23); };
  callbacks.byte_string_start = Refuse;
  callbacks.string_start = Refuse;
  callbacks.indef_array_start = Refuse;
  callbacks.indef_map_start = Refuse;
  callbacks.indef_break = Refuse;
  return callbacks;
}

bool HasKeyTwice(const Cbor& map) {
  for (size_t i = 0; i < map.items.size(); i += 2) {
    for (size_t j = 0; j < i; j += 2) {
      if (map.items[i] == map.items[j]) {
        return true;
      }
    }
  }
  return false;
}

// Puts values together in the order in which they come.
class Builder {
 public:
  explicit Builder(const CborLimits& limits) : limits_(limits) {}

  bool done() const { return done_; }
  Cbor Take() { return std::move(result_); }

  // A text that says what is wrong, or nothing.
  std::string_view Add(Cbor value, uint64_t content) {
    if (++items_ > limits_.items || content > limits_.items - items_) {
      return "more items than the limit";
    }
    if (content == 0) {
      return Complete(std::move(value));
    }
    if (open_.size() == limits_.depth) {
      return "deeper than the limit";
    }
    open_.push_back({.value = std::move(value), .missing = content});
    return {};
  }

 private:
  struct Open {
    Cbor value;
    uint64_t missing;
  };

  std::string_view Complete(Cbor value) {
    while (!open_.empty()) {
      Open& parent = open_.back();
      parent.value.items.push_back(std::move(value));
      if (--parent.missing > 0) {
        return {};
      }
      value = std::move(parent.value);
      open_.pop_back();
      if (value.kind == Cbor::Kind::kMap && HasKeyTwice(value)) {
        return "a key of a map twice";
      }
    }
    result_ = std::move(value);
    done_ = true;
    return {};
  }

  const CborLimits& limits_;
  std::vector<Open> open_;
  size_t items_ = 0;
  Cbor result_;
  bool done_ = false;
};

// libcbor before 0.9 takes the tags 6 to 20, which were not assigned once, for errors; 18 is
// COSE_Sign1. Heads of one byte that are tags are therefore read here.
cbor_decoder_result DecodeOne(ByteView bytes, const cbor_callbacks& callbacks, Token& token) {
  constexpr uint8_t kMajorTypeMask = 0xe0;
  constexpr uint8_t kTag = 0xc0;
  constexpr uint8_t kFirstLongArgument = 24;
  if (!bytes.empty() && (bytes[0] & kMajorTypeMask) == kTag &&
      (bytes[0] & ~kMajorTypeMask) < kFirstLongArgument) {
    OnTag(&token, bytes[0] & ~kMajorTypeMask & 0xffU);
    return {.read = 1, .status = CBOR_DECODER_FINISHED, .required = 0};
  }
  return cbor_stream_decode(bytes.data(), bytes.size(), &callbacks, &token);
}

absl::Status Malformed(size_t offset, std::string_view why) {
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    "CBOR: " + std::string(why) + " at offset " + std::to_string(offset));
}

}  // namespace

absl::StatusOr<Cbor> ParseCbor(ByteView bytes, const CborLimits& limits) {
  if (bytes.size() > limits.size) {
    return Malformed(limits.size, "more bytes than the limit");
  }
  const cbor_callbacks callbacks = MakeCallbacks();
  Builder builder(limits);
  size_t offset = 0;
  while (!builder.done()) {
    Token token;
    const cbor_decoder_result result = DecodeOne(bytes.subspan(offset), callbacks, token);
    if (result.status != CBOR_DECODER_FINISHED || token.refused || !token.value.has_value()) {
      return Malformed(offset, result.status == CBOR_DECODER_NEDATA
                                   ? "the bytes end inside a value"
                                   : "no value of a kind that is taken");
    }
    const std::string_view problem = builder.Add(*std::move(token.value), token.content);
    if (!problem.empty()) {
      return Malformed(offset, problem);
    }
    offset += result.read;
  }
  if (offset != bytes.size()) {
    return Malformed(offset, "bytes behind the value");
  }
  return builder.Take();
}

absl::StatusOr<Cbor> ParseCbor(ByteView bytes) { return ParseCbor(bytes, CborLimits{}); }

}  // namespace attestd::base
