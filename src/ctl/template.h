// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_TEMPLATE_H_
#define ATTESTD_CTL_TEMPLATE_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::ctl {

// How a secret is written into a text.
enum class Encoding {
  kNone,    // byte for byte
  kBase64,  // RFC 4648, section 4, padded
  kString,  // a string with its quotes, that JSON (RFC 8259, 7), TOML (1.0, basic) and YAML (1.2,
            // double-quoted) read alike; the secret must be UTF-8
};

// Text, or the place of a secret when `uri` is not empty.
struct TemplatePiece {
  std::string text;
  std::string uri;
  bool trim = false;  // without the line ends at the secret's end
  Encoding encoding = Encoding::kNone;
  size_t line = 1;  // where it stands in the template
};

constexpr size_t kMaxTemplate = size_t{1} << 20;
constexpr size_t kMaxPlaces = 1024;
constexpr size_t kMaxRendered = size_t{16} << 20;

// Reads a template: text with {{ kbs:///repository/type/tag | trim | json }}; {{ "{{" }} stands for
// two braces. At most kMaxTemplate bytes and kMaxPlaces places. InvalidArgument
// "source:line:column: what was expected" for anything else; columns are bytes, from 1.
absl::StatusOr<std::vector<TemplatePiece>> ParseTemplate(std::string_view text,
                                                         const std::string& source);

// The text with its secrets in it, at most kMaxRendered bytes. `secret_of` gives a secret's bytes
// by its URI. InvalidArgument for a secret that its encoding cannot carry.
absl::StatusOr<base::Secret> RenderTemplate(
    const std::vector<TemplatePiece>& pieces,
    const std::function<base::ByteView(const std::string& uri)>& secret_of);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_TEMPLATE_H_
