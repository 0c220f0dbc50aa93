// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVIDENCE_INIT_DATA_H_
#define ATTESTD_EVIDENCE_INIT_DATA_H_

#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::evidence {

// What whoever launched the VM gave it (CoCo's initdata specification 0.1.0): TOML with the
// version, an algorithm and [data]. The platform is bound to the digest of the whole text; the
// broker gets the text and compares.
struct InitData {
  std::string text;
  base::Bytes digest;  // by the algorithm that the text names: 32, 48 or 64 bytes
};

// InvalidArgument "init data: ..." for what is no UTF-8 or no TOML, another version than 0.1.0, and
// an algorithm other than sha256, sha384 and sha512.
absl::StatusOr<InitData> ParseInitData(std::string text);

}  // namespace attestd::evidence

#endif  // ATTESTD_EVIDENCE_INIT_DATA_H_
