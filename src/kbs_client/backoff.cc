// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/backoff.h"

#include <openssl/rand.h>

#include <array>
#include <cstdint>

namespace attestd::kbs {

double SecureRandom() {
  std::array<uint8_t, 4> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) {
    return 0.5;  // jitter is no secret
  }
  uint32_t number = 0;
  for (const uint8_t byte : bytes) {
    number = (number << 8) | byte;
  }
  return number / 4294967296.0;
}

}  // namespace attestd::kbs
