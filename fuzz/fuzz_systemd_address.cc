// SPDX-License-Identifier: Apache-2.0
// The address that a client of systemd's socket is bound to.
// Covers: src/agent/systemd_credential.cc
#include "agent/systemd_credential.h"
#include "fuzz/fuzz_target.h"

FUZZ_TARGET(input) {
  const std::string_view path = attestd::base::AsText(input);
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
