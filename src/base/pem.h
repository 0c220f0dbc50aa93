// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_PEM_H_
#define ATTESTD_BASE_PEM_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::base {

// One block of PEM text (RFC 7468), whatever it holds. Encrypted ones are not decrypted.
struct PemBlock {
  std::string label;  // "CERTIFICATE", "PUBLIC KEY", ...
  Bytes content;
};

// All blocks, in order; text between them is passed over. InvalidArgument when one is malformed, or
// for more than `limit`.
absl::StatusOr<std::vector<PemBlock>> ReadPem(std::string_view text, size_t limit = 64);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_PEM_H_
