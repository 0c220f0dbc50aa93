// SPDX-License-Identifier: Apache-2.0
#include "compat/kbc_params.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace attestd::compat {
namespace {

constexpr std::string_view kSeparator = "::";
// The kernel's own limit of its command line is 2048 on x86-64 and 4096 on s390x.
constexpr size_t kMaxCredentials = 64;

absl::Status Bad(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, what);
}

// The text up to `separator`, which is taken off with it; all of it when there is none.
std::string_view Cut(std::string_view& text, std::string_view separator) {
  const size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + separator.size());
  return part;
}

// Other bytes come out of no TOML file, but out of the kernel's command line or a variable; they
// could not be written into a configuration, which is UTF-8.
bool IsPrintable(std::string_view text) { return base::Escaped(text) == text; }

}  // namespace

absl::StatusOr<KbcParams> MakeKbcParams(std::string_view kbc, std::string_view url) {
  if (kbc == "offline_fs_kbc") {
    return KbcParams{.offline = true, .url = ""};
  }
  if (kbc != "cc_kbc") {
    return Bad("expected the KBC cc_kbc or offline_fs_kbc, found \"" + base::Escaped(kbc) +
               "\"; name one of the two");
  }
  if (url.empty()) {
    return Bad("cc_kbc has no url; write for example cc_kbc::https://kbs.example:8080");
  }
  if (!IsPrintable(url)) {
    return Bad("expected a url of printable ASCII, found \"" + base::Escaped(url) + "\"");
  }
  return KbcParams{.offline = false, .url = std::string(url)};
}

absl::StatusOr<KbcParams> ParseKbcParams(std::string_view text) {
  const size_t at = text.find(kSeparator);
  if (at == std::string_view::npos || text.find(kSeparator, at + 2) != std::string_view::npos) {
    return Bad("expected <kbc>::<url> with one \"::\", for example cc_kbc::https://kbs.example");
  }
  return MakeKbcParams(text.substr(0, at), text.substr(at + kSeparator.size()));
}

absl::Status CheckCredentialPath(std::string_view path) {
  std::string_view rest = path;
  bool good = rest.starts_with(kCredentialFolder) && IsPrintable(path);
  rest.remove_prefix(good ? kCredentialFolder.size() : 0);
  good = good && !rest.empty() && !rest.ends_with('/');
  while (good && !rest.empty()) {
    const std::string_view segment = Cut(rest, "/");
    good = !segment.empty() && segment != "." && segment != "..";
  }
  return good ? absl::OkStatus()
              : Bad("expected a file below " + std::string(kCredentialFolder) + ", found \"" +
                    base::Escaped(path) + "\"");
}

absl::StatusOr<std::vector<Credential>> ParseKbsResources(std::string_view text) {
  std::vector<Credential> credentials;
  while (!text.empty()) {
    std::string_view entry = Cut(text, ",");
    const std::string_view uri = Cut(entry, kSeparator);
    if (uri.empty() || entry.empty() || credentials.size() == kMaxCredentials) {
      return Bad("expected <uri>::<path>[,<uri>::<path>...] of at most 64 entries");
    }
    if (!IsPrintable(uri)) {
      return Bad("expected a URI of printable ASCII, found \"" + base::Escaped(uri) + "\"");
    }
    RETURN_IF_ERROR(CheckCredentialPath(entry));
    credentials.push_back({.uri = std::string(uri), .path = std::string(entry)});
  }
  return credentials;
}

KernelCmdline ParseKernelCmdline(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  constexpr std::array<std::string_view, 6> kNotOurs = {
      "agent.https_proxy",       "agent.http_proxy",
      "agent.no_proxy",          "agent.image_registry_auth",
      "agent.image_policy_file", "agent.enable_signature_verification"};
  KernelCmdline found;
  while (true) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(kSpace)));
    if (text.empty()) {
      return found;
    }
    std::string_view word = text.substr(0, text.find_first_of(kSpace));
    text.remove_prefix(word.size());
    const bool has_value = word.find('=') != std::string_view::npos;
    const std::string_view key = Cut(word, "=");
    if (has_value && key == "agent.aa_kbc_params" && !found.aa_kbc_params.has_value()) {
      found.aa_kbc_params = std::string(word);
    } else if (has_value && key == "cdh.kbs_resources" && !found.kbs_resources.has_value()) {
      found.kbs_resources = std::string(word);
    } else if (std::find(kNotOurs.begin(), kNotOurs.end(), key) != kNotOurs.end()) {
      found.not_ours.emplace_back(key);
    }
  }
}

}  // namespace attestd::compat
