// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/secret_encoding.h"
#include "ctl/template.h"

namespace attestd::ctl {
namespace {

// Takes bytes one after the other: without a place for them it only counts.
class Sink {
 public:
  explicit Sink(std::span<uint8_t> out) : out_(out) {}

  void Put(uint8_t byte) {
    if (size_ < out_.size()) {
      out_[size_] = byte;
    }
    ++size_;
  }
  void Put(base::ByteView bytes) {
    if (!out_.empty()) {
      const std::span<uint8_t> rest = out_.subspan(std::min(size_, out_.size()));
      std::copy_n(bytes.begin(), std::min(bytes.size(), rest.size()), rest.begin());
    }
    size_ += bytes.size();
  }
  void Put(std::string_view text) { Put(base::AsBytes(text)); }
  // Room for so many bytes, which the caller fills; nothing where it only counts.
  std::span<uint8_t> Take(size_t size) {
    const std::span<uint8_t> room = out_.empty() ? out_ : out_.subspan(size_, size);
    size_ += size;
    return room;
  }
  size_t size() const { return size_; }

 private:
  const std::span<uint8_t> out_;
  size_t size_ = 0;
};

// Length of the character that the bytes begin with, 0 when that is none (RFC 3629, section 4).
size_t Utf8Length(base::ByteView bytes) {
  struct Form {
    uint8_t first_low, first_high, second_low, second_high;
    size_t length;
  };
  constexpr std::array<Form, 8> kForms = {{{0xc2, 0xdf, 0x80, 0xbf, 2},
                                           {0xe0, 0xe0, 0xa0, 0xbf, 3},
                                           {0xe1, 0xec, 0x80, 0xbf, 3},
                                           {0xed, 0xed, 0x80, 0x9f, 3},
                                           {0xee, 0xef, 0x80, 0xbf, 3},
                                           {0xf0, 0xf0, 0x90, 0xbf, 4},
                                           {0xf1, 0xf3, 0x80, 0xbf, 4},
                                           {0xf4, 0xf4, 0x80, 0x8f, 4}}};
  if (bytes[0] < 0x80) {
    return 1;
  }
  for (const Form& form : kForms) {
    if (bytes[0] >= form.first_low && bytes[0] <= form.first_high && bytes.size() >= form.length &&
        bytes[1] >= form.second_low && bytes[1] <= form.second_high &&
        std::all_of(bytes.begin() + 2, bytes.begin() + static_cast<ptrdiff_t>(form.length),
                    [](uint8_t byte) { return byte >= 0x80 && byte <= 0xbf; })) {
      return form.length;
    }
  }
  return 0;
}

// Whether a character of two or three bytes is better escaped: to TOML and YAML the controls of
// Latin-1 are none, and YAML 1.1 takes U+0085, U+2028 and U+2029 for line ends.
bool IsSpecial(uint32_t code) {
  return code < 0xa0 || code == 0x2028 || code == 0x2029 || code == 0xfeff || code >= 0xfffe;
}

void PutEscaped(uint32_t code, Sink& sink) {
  constexpr std::string_view kHex = "0123456789abcdef";
  sink.Put("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) {
    sink.Put(static_cast<uint8_t>(kHex[(code >> shift) & 15U]));
  }
}

void PutAscii(uint8_t byte, Sink& sink) {
  if (byte == '"' || byte == '\\') {
    sink.Put('\\');
    sink.Put(byte);
  } else if (byte == '\n' || byte == '\t' || byte == '\r') {
    sink.Put(byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : "\\r");
  } else if (byte < 0x20 || byte == 0x7f) {
    PutEscaped(byte, sink);
  } else {
    sink.Put(byte);
  }
}

void PutCharacter(base::ByteView character, Sink& sink) {
  if (character.size() == 1) {
    PutAscii(character[0], sink);
    return;
  }
  const bool three = character.size() == 3;
  uint32_t code = character[0] & (three ? 0x0fU : 0x1fU);
  for (const uint8_t byte : character.subspan(1)) {
    code = (code << 6) | (byte & 0x3fU);
  }
  if (character.size() < 4 && IsSpecial(code)) {
    PutEscaped(code, sink);
  } else {
    sink.Put(character);
  }
}

absl::Status PutString(base::ByteView bytes, Sink& sink) {
  sink.Put('"');
  while (!bytes.empty()) {
    const size_t length = Utf8Length(bytes);
    if (length == 0) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              "the secret is not UTF-8; use base64");
    }
    PutCharacter(bytes.first(length), sink);
    bytes = bytes.subspan(length);
  }
  sink.Put('"');
  return absl::OkStatus();
}

base::ByteView Trimmed(base::ByteView bytes) {
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) {
    bytes = bytes.first(bytes.size() - 1);
  }
  return bytes;
}

absl::Status PutSecret(const TemplatePiece& piece, base::ByteView secret, Sink& sink) {
  const base::ByteView bytes = piece.trim ? Trimmed(secret) : secret;
  switch (piece.encoding) {
    case Encoding::kNone:
      sink.Put(bytes);
      break;
    case Encoding::kBase64:
      if (const auto room = sink.Take(base::Base64Size(bytes.size())); !room.empty()) {
        base::Base64EncodeSecret(bytes, room);
      }
      break;
    case Encoding::kString:
      return PutString(bytes, sink);
  }
  return absl::OkStatus();
}

absl::Status PutAll(const std::vector<TemplatePiece>& pieces,
                    const std::function<base::ByteView(const std::string&)>& secret_of,
                    Sink& sink) {
  for (const TemplatePiece& piece : pieces) {
    if (piece.uri.empty()) {
      sink.Put(piece.text);
    } else {
      RETURN_IF_ERROR(base::Annotate(PutSecret(piece, secret_of(piece.uri), sink),
                                     "line " + std::to_string(piece.line) + ", " + piece.uri));
    }
    if (sink.size() > kMaxRendered) {
      return base::MakeStatus(
          absl::StatusCode::kInvalidArgument,
          "the result has more than " + std::to_string(kMaxRendered) + " bytes");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<base::Secret> RenderTemplate(
    const std::vector<TemplatePiece>& pieces,
    const std::function<base::ByteView(const std::string& uri)>& secret_of) {
  Sink counter({});
  RETURN_IF_ERROR(PutAll(pieces, secret_of, counter));
  ASSIGN_OR_RETURN(base::Secret rendered, base::Secret::Allocate(counter.size()));
  Sink sink(rendered.writable());
  RETURN_IF_ERROR(PutAll(pieces, secret_of, sink));
  return rendered;
}

}  // namespace attestd::ctl
