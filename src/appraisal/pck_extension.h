// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_PCK_EXTENSION_H_
#define ATTESTD_APPRAISAL_PCK_EXTENSION_H_

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::appraisal {

inline constexpr char kSgxExtensionOid[] = "1.2.840.113741.1.13.1";

// What a PCK certificate says of its platform (Intel SGX PCK Certificate and CRL Profile, 1.3.5).
struct PckExtension {
  std::array<uint8_t, 6> fmspc{};
  std::array<uint8_t, 2> pce_id{};
  std::array<uint8_t, 16> tcb_components{};
  uint16_t pce_svn = 0;
};

// Content of the SGX extension. InvalidArgument naming the field that is missing or malformed.
absl::StatusOr<PckExtension> ParsePckExtension(base::ByteView der);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_PCK_EXTENSION_H_
