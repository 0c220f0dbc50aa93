// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/mkfs_options.h"

#include <algorithm>

#include "secure_mount/mount_plan.h"

namespace attestd::secure_mount {
namespace {

constexpr size_t kMaxWords = 32;
constexpr size_t kMaxWordBytes = 256;

// Letters of options, with and without a value.
struct Letters {
  std::string_view valued;
  std::string_view bare;
};

// mke2fs(8), without what names another device (-J, -l, -d, -j), or changes what is made (-t, -S).
constexpr Letters kExt4 = {.valued = "bCEGgIiLmNOTU", .bare = "v"};
// mkfs.xfs(8), without what names files or devices (-c, -d, -l, -p, -r).
constexpr Letters kXfs = {.valued = "bimnsL", .bare = "K"};

bool IsValue(std::string_view word) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_^,=.:-";
  return !word.empty() && word.front() != '-' &&
         word.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) {
      words.emplace_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseMkfsOptions(std::string_view type,
                                                          std::string_view text) {
  if (type != "ext4" && type != "xfs") {
    return BadMount("filesystemType", R"(expected "ext4" or "xfs")");
  }
  const Letters& letters = type == "ext4" ? kExt4 : kXfs;
  std::vector<std::string> words = SplitWords(text);
  if (words.size() > kMaxWords) {
    return BadMount("mkfsOpts", "expected at most 32 words");
  }
  bool wants_value = false;
  for (const std::string& word : words) {
    const bool option = !wants_value && word.size() >= 2 && word[0] == '-';
    const bool valued = option && letters.valued.find(word[1]) != std::string_view::npos;
    const bool bare = option && word.size() == 2 && letters.bare.find(word[1]) != std::string::npos;
    const bool joined = valued && word.size() > 2;
    const bool fits =
        wants_value ? IsValue(word) : bare || (valued && (!joined || IsValue(word.substr(2))));
    if (!fits || word.size() > kMaxWordBytes) {
      return BadMount("mkfsOpts", "word " + std::to_string(&word - words.data() + 1) +
                                      " is no option that is allowed for mkfs." +
                                      std::string(type));
    }
    wants_value = valued && !joined;
  }
  if (wants_value) {
    return BadMount("mkfsOpts", "the last option lacks its value");
  }
  return words;
}

}  // namespace attestd::secure_mount
