// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "ctl/template.h"
#include "ctl/words.h"

namespace attestd::ctl {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

class TemplateParser {
 public:
  TemplateParser(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  absl::StatusOr<std::vector<TemplatePiece>> Parse() {
    std::vector<TemplatePiece> pieces;
    size_t places = 0;
    while (at_ < text_.size()) {
      const size_t open = std::min(text_.find(kOpen, at_), text_.size());
      if (open > at_) {
        pieces.push_back({.text = std::string(text_.substr(at_, open - at_)), .uri = {}});
        at_ = open;
        continue;
      }
      if (++places > kMaxPlaces) {
        return Error("more than " + std::to_string(kMaxPlaces) + " places");
      }
      ASSIGN_OR_RETURN(TemplatePiece piece, ParsePlace());
      pieces.push_back(std::move(piece));
    }
    return pieces;
  }

 private:
  absl::Status Error(std::string_view problem) const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            source_ + ":" + std::to_string(line) + ":" +
                                std::to_string(at_ - start + 1) + ": " + std::string(problem));
  }

  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) {
      ++at_;
    }
  }

  bool Take(std::string_view token) {
    const bool found = text_.substr(at_).starts_with(token);
    at_ += found ? token.size() : 0;
    return found;
  }

  // Up to a blank, a line end, a bar or the closing braces.
  std::string_view TakeWord() {
    const size_t start = at_;
    while (at_ < text_.size() && !IsBlank(text_[at_]) && text_[at_] != '\n' && text_[at_] != '\r' &&
           text_[at_] != '|' && !text_.substr(at_).starts_with(kClose)) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  absl::StatusOr<TemplatePiece> ParsePlace() {
    const size_t start = at_;
    TemplatePiece piece;
    piece.line = 1 + static_cast<size_t>(std::count(text_.begin(), text_.begin() + start, '\n'));
    at_ += kOpen.size();
    SkipBlanks();
    if (Take("\"{{\"")) {
      piece.text = kOpen;
    } else {
      const size_t word = at_;
      piece.uri = std::string(TakeWord());
      if (!LooksLikeUri(piece.uri)) {
        at_ = word;
        return Error("expected kbs:///repository/type/tag, or \"{{\" for two braces");
      }
      RETURN_IF_ERROR(ParseFilters(piece));
    }
    SkipBlanks();
    if (!Take(kClose)) {
      return Error("expected }} or a filter behind |, on one line");
    }
    return piece;
  }

  absl::Status ParseFilters(TemplatePiece& piece) {
    for (SkipBlanks(); Take("|"); SkipBlanks()) {
      SkipBlanks();
      const size_t start = at_;
      const std::string_view name = TakeWord();
      const bool encoded = piece.encoding != Encoding::kNone;
      if (name == "trim" && !piece.trim && !encoded) {
        piece.trim = true;
      } else if (name == "base64" && !encoded) {
        piece.encoding = Encoding::kBase64;
      } else if ((name == "json" || name == "toml" || name == "yaml") && !encoded) {
        piece.encoding = Encoding::kString;
      } else {
        at_ = start;
        return Error("expected trim, or one of base64, json, toml and yaml at the end");
      }
    }
    return absl::OkStatus();
  }

  const std::string_view text_;
  const std::string& source_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<TemplatePiece>> ParseTemplate(std::string_view text,
                                                         const std::string& source) {
  if (text.size() > kMaxTemplate) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            source + ": larger than " + std::to_string(kMaxTemplate) + " bytes");
  }
  return TemplateParser(text, source).Parse();
}

}  // namespace attestd::ctl
