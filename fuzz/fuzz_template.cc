// SPDX-License-Identifier: Apache-2.0
// A template with places for secrets, and the secrets put into it. The secret is what stands behind
// the first NUL byte.
// Covers: src/ctl/template_parse.cc src/ctl/template_render.cc
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "ctl/template.h"
#include "fuzz/fuzz_target.h"

namespace {

using attestd::base::AsText;
using attestd::base::ByteView;

// What is written as a string is one, of the same bytes.
void CheckString(ByteView secret) {
  attestd::ctl::TemplatePiece piece;
  piece.uri = "kbs:///a/b/c";
  piece.encoding = attestd::ctl::Encoding::kString;
  const auto text =
      attestd::ctl::RenderTemplate({piece}, [&](const std::string&) { return secret; });
  if (text.ok()) {
    const auto read = nlohmann::json::parse(AsText(text->view()), nullptr, false);
    FUZZ_CHECK(read.is_string() && read.get<std::string>() == AsText(secret));
  }
}

}  // namespace

FUZZ_TARGET(input) {
  const auto nul = std::find(input.begin(), input.end(), 0);
  const ByteView text(input.begin(), nul);
  const ByteView secret(nul == input.end() ? nul : nul + 1, input.end());
  CheckString(secret);
  const auto pieces = attestd::ctl::ParseTemplate(AsText(text), "fuzz");
  if (!pieces.ok()) {
    return;
  }
  size_t plain = 0;
  for (const auto& piece : *pieces) {
    FUZZ_CHECK(piece.uri.empty() || piece.uri.starts_with("kbs"));
    FUZZ_CHECK(piece.uri.empty() || piece.text.empty());
    plain += piece.text.size();
  }
  FUZZ_CHECK(plain <= text.size());
  const auto rendered =
      attestd::ctl::RenderTemplate(*pieces, [&](const std::string&) { return secret; });
  if (rendered.ok()) {
    FUZZ_CHECK(rendered->size() >= plain && rendered->size() <= attestd::ctl::kMaxRendered);
  }
}
