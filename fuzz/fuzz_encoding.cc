// SPDX-License-Identifier: Apache-2.0
// What decodes, encodes to the same text; numbers read from bytes are written as these bytes.
// Covers: src/base/encoding.cc src/base/byte_reader.cc
#include <algorithm>
#include <cctype>
#include <string>

#include "base/byte_reader.h"
#include "base/encoding.h"
#include "fuzz/fuzz_target.h"

namespace base = attestd::base;

namespace {

// A number is read where there are enough bytes, and is the one that they say.
template <typename T>
void CheckNumber(base::ByteView rest, const absl::StatusOr<T>& number, bool big_endian) {
  FUZZ_CHECK(number.ok() == (rest.size() >= sizeof(T)));
  if (number.ok()) {
    base::Bytes bytes = base::LittleEndian(*number, sizeof(T));
    if (big_endian) {
      std::reverse(bytes.begin(), bytes.end());
    }
    FUZZ_CHECK(std::equal(bytes.begin(), bytes.end(), rest.begin()));
  }
}

// One read, chosen by a byte of the input.
void ReadOne(base::ByteReader& reader, base::ByteView rest, uint8_t choice) {
  switch (choice % 8) {
    case 0:
      return CheckNumber(rest, reader.ReadU8(), false);
    case 1:
      return CheckNumber(rest, reader.ReadU16Be(), true);
    case 2:
      return CheckNumber(rest, reader.ReadU32Be(), true);
    case 3:
      return CheckNumber(rest, reader.ReadU64Be(), true);
    case 4:
      return CheckNumber(rest, reader.ReadU16Le(), false);
    case 5:
      return CheckNumber(rest, reader.ReadU32Le(), false);
    case 6:
      return CheckNumber(rest, reader.ReadU64Le(), false);
    default: {
      const auto sized = reader.ReadSized16Be();
      FUZZ_CHECK(!sized.ok() || sized->size() + 2 <= rest.size());
    }
  }
}

void RunReader(base::ByteView input) {
  base::ByteReader reader(input);
  while (true) {
    const auto choice = reader.ReadBytes(1);
    FUZZ_CHECK(reader.ExpectEnd().ok() == (reader.offset() == input.size()));
    if (!choice.ok()) {
      return;
    }
    ReadOne(reader, input.subspan(reader.offset()), choice->front());
    FUZZ_CHECK(reader.offset() + reader.remaining() == input.size());
  }
}

}  // namespace

FUZZ_TARGET(input) {
  RunReader(input);
  const std::string_view text = base::AsText(input);
  if (const auto bytes = base::Base64Decode(text); bytes.ok()) {
    FUZZ_CHECK(base::Base64Encode(*bytes) == text);
  }
  if (const auto bytes = base::Base64UrlDecode(text); bytes.ok()) {
    FUZZ_CHECK(base::Base64UrlEncode(*bytes) == text);
  }
  if (const auto bytes = base::Base64UrlPaddedDecode(text); bytes.ok()) {
    FUZZ_CHECK(base::Base64UrlPaddedEncode(*bytes) == text);
  }
  if (const auto bytes = base::HexDecode(text); bytes.ok()) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    FUZZ_CHECK(base::HexEncode(*bytes) == lower);
  }
  FUZZ_CHECK(*base::Base64Decode(base::Base64Encode(input)) == base::ToBytes(input));
}
