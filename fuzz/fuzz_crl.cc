// SPDX-License-Identifier: Apache-2.0
// Certificate revocation lists.
// Covers: src/base/revocation_list.cc
#include "base/revocation_list.h"
#include "fuzz/fuzz_target.h"

FUZZ_TARGET(input) {
  const auto list = attestd::base::RevocationList::FromDer(input);
  if (!list.ok()) {
    return;
  }
  static_cast<void>(list->Issuer());
  static_cast<void>(list->ThisUpdate());
  static_cast<void>(list->NextUpdate());
}
