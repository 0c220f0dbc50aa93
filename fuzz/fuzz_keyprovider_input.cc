// SPDX-License-Identifier: Apache-2.0
// Inputs of the key provider, and the readers under them, which are held to those that are used for
// everything else.
// Covers: src/keyprovider/protocol.cc src/base/json_scan.cc src/base/secret_encoding.cc
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/json.h"
#include "base/json_scan.h"
#include "base/secret_encoding.h"
#include "fuzz/fuzz_target.h"
#include "keyprovider/protocol.h"

namespace base = attestd::base;
namespace keyprovider = attestd::keyprovider;
using base::Reason;

namespace {

bool IsOurs(const absl::Status& status) {
  const auto reason = base::GetReason(status);
  return reason == Reason::kBadPacket || reason == Reason::kBadUri;
}

// UTF-8 and surrogates are not looked at where nothing is copied.
bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\\'; });
}

// The JSON library refuses a number that no double holds.
bool MayOverflow(std::string_view text) {
  constexpr size_t kLongest = 300;
  for (size_t i = 1; i < text.size(); ++i) {
    if ((text[i] == 'e' || text[i] == 'E') && text[i - 1] >= '0' && text[i - 1] <= '9') {
      return true;
    }
  }
  return text.size() > kLongest;
}

void CheckScan(std::string_view text) {
  const auto members = base::ScanObject(text);
  if (members.ok()) {
    for (const auto& [name, value] : *members) {
      FUZZ_CHECK(value.data() >= text.data() && value.end() <= text.end());
      FUZZ_CHECK(base::FindScanned(*members, name).value().data() == value.data());
      (void)base::ScanText(value);
    }
  }
  const auto elements = base::ScanArray(text);
  FUZZ_CHECK(!elements.ok() || !members.ok());
  if (IsPlain(text) && !MayOverflow(text) && (members.ok() || elements.ok())) {
    FUZZ_CHECK(base::Json::accept(text));
  }
  const auto json = base::ParseJson(text, {.depth = 16, .elements = 60});
  FUZZ_CHECK(!json.ok() || !IsPlain(text) || json->is_object() == members.ok());
  FUZZ_CHECK(!json.ok() || !IsPlain(text) || json->is_array() == elements.ok());
}

void CheckBase64(std::string_view text) {
  const auto bytes = base::Base64Decode(text);
  const auto secret = base::Base64DecodeSecret(text);
  FUZZ_CHECK(bytes.ok() == secret.ok());
  FUZZ_CHECK(!bytes.ok() || secret->ConstantTimeEquals(*bytes));
}

}  // namespace

FUZZ_TARGET(input) {
  const std::string_view text = base::AsText(input);
  CheckScan(text);
  CheckBase64(text);
  const auto annotation = keyprovider::ParseUnwrapInput(text);
  FUZZ_CHECK(annotation.ok() || IsOurs(annotation.status()));
  const auto wrap = keyprovider::ParseWrapInput(text);
  FUZZ_CHECK(wrap.ok() || IsOurs(wrap.status()));
  FUZZ_CHECK(!annotation.ok() || !wrap.ok());
  const auto parameters = keyprovider::ParseWrapParameters(text);
  FUZZ_CHECK(parameters.ok() ? !parameters->key_id.empty() : IsOurs(parameters.status()));
  const auto output = keyprovider::WriteUnwrapOutput(input);
  FUZZ_CHECK(output.ok());
  const base::Json json = base::Json::parse(base::AsText(output->view()));
  FUZZ_CHECK(*base::BytesFromNumbers(json["keyunwrapresults"]["optsdata"]) == base::ToBytes(input));
}
