// SPDX-License-Identifier: Apache-2.0
#include "agent/systemd_credential.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/toml_table.h"
#include "kbs_client/resource_uri.h"

namespace attestd::agent {
namespace {

constexpr std::string_view kUnit = "unit/";
constexpr std::string_view kVolume = "cryptsetup/";
// "%" PRIx64 of a random number.
constexpr size_t kMaxDigits = 16;
// sun_path without its first byte, the longest number, and the slashes and words around the names.
constexpr size_t kMaxUnitAndName = 107 - kMaxDigits - std::string_view("/unit//").size();
constexpr size_t kMaxVolume = 107 - kMaxDigits - std::string_view("/cryptsetup/").size();
constexpr absl::Duration kLongestWait = absl::Hours(1);

bool IsName(std::string_view text) {
  return !text.empty() && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) >= ' ' && c != '/' && c != 0x7f;
         });
}

bool IsUnit(std::string_view text) { return IsName(text) && text.find('.') != text.npos; }

// "x@.service" of "x@1.service"; empty for a unit that is no instance.
std::string TemplateOf(const std::string& unit) {
  const size_t at = unit.find('@');
  const size_t dot = unit.rfind('.');
  return at == std::string::npos || dot == std::string::npos || dot < at
             ? ""
             : unit.substr(0, at + 1) + unit.substr(dot);
}

absl::Status Foreign() {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "the address is not of systemd's LoadCredential= or crypttab");
}

absl::StatusOr<SystemdName> ReadAsked(base::TomlTable& table) {
  ASSIGN_OR_RETURN(const auto unit, table.Text("unit"));
  ASSIGN_OR_RETURN(const auto name, table.Text("name"));
  ASSIGN_OR_RETURN(const auto volume, table.Text("volume"));
  if (volume.has_value()) {
    if (unit.has_value() || name.has_value()) {
      return table.Error("volume", "stands alone, without unit and name");
    }
    if (!IsName(*volume) || volume->size() > kMaxVolume) {
      return table.Error("volume",
                         "expected a name of crypttab, at most 79 bytes: systemd cannot "
                         "ask a socket for a longer one");
    }
    return SystemdName{.unit = "", .name = *volume};
  }
  if (!unit.has_value() || !IsUnit(*unit)) {
    return table.Error("unit",
                       "expected a unit with its suffix, as \"app.service\", or volume = "
                       "\"...\" for a key of crypttab");
  }
  if (!name.has_value() || !IsName(*name)) {
    return table.Error("name", "expected the name of a credential of the unit");
  }
  if (unit->size() + name->size() > kMaxUnitAndName) {
    return table.Error("name",
                       "and unit have more than 84 bytes together: systemd cannot ask a "
                       "socket for it");
  }
  return SystemdName{.unit = *unit, .name = *name};
}

}  // namespace

absl::StatusOr<SystemdName> ParseSystemdAddress(std::string_view path) {
  if (!path.starts_with('\0')) {
    return Foreign();
  }
  path.remove_prefix(1);
  const size_t digits = path.find_first_not_of("0123456789abcdef");
  if (digits == 0 || digits > kMaxDigits || path[digits] != '/') {  // npos is more, too
    return Foreign();
  }
  path.remove_prefix(digits + 1);
  SystemdName asked;
  if (path.starts_with(kVolume)) {
    asked.name = path.substr(kVolume.size());
    return IsName(asked.name) ? absl::StatusOr<SystemdName>(std::move(asked)) : Foreign();
  }
  if (!path.starts_with(kUnit)) {
    return Foreign();
  }
  path.remove_prefix(kUnit.size());
  const size_t slash = path.find('/');
  if (slash == path.npos) {
    return Foreign();
  }
  asked.unit = path.substr(0, slash);
  asked.name = path.substr(slash + 1);
  return IsUnit(asked.unit) && IsName(asked.name) ? absl::StatusOr<SystemdName>(std::move(asked))
                                                  : Foreign();
}

absl::StatusOr<SystemdCredential> ReadSystemdCredential(base::TomlTable table) {
  SystemdCredential credential;
  ASSIGN_OR_RETURN(std::optional<std::string> uri, table.Text("uri"));
  ASSIGN_OR_RETURN(const auto wait, table.Text("wait"));
  ASSIGN_OR_RETURN(credential.asked, ReadAsked(table));
  RETURN_IF_ERROR(table.Finish());
  credential.uri = std::move(uri).value_or("");
  if (const auto parsed = kbs::ResourceUri::Parse(credential.uri); !parsed.ok()) {
    return table.Error("uri", std::string(parsed.status().message()));
  }
  if (wait.has_value() &&
      (!absl::ParseDuration(*wait, &credential.wait) || credential.wait < absl::ZeroDuration() ||
       credential.wait > kLongestWait)) {
    return table.Error("wait", "expected a duration from 0s to 1h, as \"60s\"");
  }
  return credential;
}

absl::Status RefuseSameNames(const std::vector<SystemdCredential>& credentials) {
  for (auto one = credentials.begin(); one != credentials.end(); ++one) {
    const auto other = std::find_if(credentials.begin(), one, [&](const SystemdCredential& before) {
      return before.asked == one->asked;
    });
    if (other != one) {
      return base::MakeStatus(
          absl::StatusCode::kInvalidArgument,
          "[[systemd_credential]] " + one->asked.unit + " " + one->asked.name + ": is given twice");
    }
  }
  return absl::OkStatus();
}

const SystemdCredential* FindCredential(const std::vector<SystemdCredential>& credentials,
                                        const SystemdName& asked) {
  for (const SystemdName& name :
       {asked, SystemdName{.unit = TemplateOf(asked.unit), .name = asked.name}}) {
    if (name.unit.empty() != asked.unit.empty()) {
      continue;  // no template: a unit is never a volume
    }
    const auto found =
        std::find_if(credentials.begin(), credentials.end(),
                     [&](const SystemdCredential& one) { return one.asked == name; });
    if (found != credentials.end()) {
      return &*found;
    }
  }
  return nullptr;
}

}  // namespace attestd::agent
