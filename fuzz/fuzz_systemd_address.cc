// SPDX-License-Identifier: Apache-2.0
// The address that a client of systemd's socket is bound to.
// Covers: src/agent/systemd_credential.cc
#include "agent/systemd_credential.h"
#include "base/toml_table.h"
#include "fuzz/fuzz_target.h"

namespace {

using attestd::agent::SystemdName;

// An entry is found by what it names, and by each instance of its template.
void CheckEntry(std::string_view text) {
  const auto table = attestd::base::ParseToml(text, "fuzz");
  if (!table.ok()) {
    return;
  }
  const auto entry = attestd::agent::ReadSystemdCredential({*table, "fuzz", "systemd_credential"});
  if (!entry.ok()) {
    return;
  }
  FUZZ_CHECK(!entry->asked.name.empty());
  FUZZ_CHECK(attestd::agent::RefuseSameNames({*entry}).ok());
  FUZZ_CHECK(!attestd::agent::RefuseSameNames({*entry, *entry}).ok());
  const std::vector<attestd::agent::SystemdCredential> entries = {*entry};
  FUZZ_CHECK(attestd::agent::FindCredential(entries, entry->asked) != nullptr);
  const std::string& unit = entry->asked.unit;
  if (const size_t at = unit.find("@.");
      at != std::string::npos && at + 1 == unit.rfind('.') && at == unit.find('@')) {
    const SystemdName instance = {.unit = unit.substr(0, at + 1) + "1" + unit.substr(at + 1),
                                  .name = entry->asked.name};
    FUZZ_CHECK(attestd::agent::FindCredential(entries, instance) != nullptr);
  }
  const SystemdName other = {.unit = unit, .name = entry->asked.name + "x"};
  FUZZ_CHECK(attestd::agent::FindCredential(entries, other) == nullptr);
}

}  // namespace

// An address, which begins with a zero byte, or an entry of the configuration.
FUZZ_TARGET(input) {
  const std::string_view path = attestd::base::AsText(input);
  if (!path.starts_with('\0')) {
    CheckEntry(path);
  }
  const auto asked = attestd::agent::ParseSystemdAddress(path);
  if (!asked.ok()) {
    return;
  }
  FUZZ_CHECK(!asked->name.empty());
  FUZZ_CHECK((asked->unit + asked->name).find_first_of(std::string_view("/\n\0", 3)) ==
             std::string::npos);
  // Its end is what systemd wrote.
  const std::string end = asked->unit.empty() ? "/cryptsetup/" + asked->name
                                              : "/unit/" + asked->unit + "/" + asked->name;
  FUZZ_CHECK(path.ends_with(end));
}
