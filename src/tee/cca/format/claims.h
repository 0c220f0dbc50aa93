// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_CCA_FORMAT_CLAIMS_H_
#define ATTESTD_TEE_CCA_FORMAT_CLAIMS_H_

#include <cstddef>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "tee/cca/format/token.h"

// Inside the parser only: the payloads of the two signed parts.
namespace attestd::tee::cca {

// InvalidArgument naming the claim.
absl::StatusOr<PlatformClaims> ParsePlatformClaims(base::ByteView payload);
absl::StatusOr<RealmClaims> ParseRealmClaims(base::ByteView payload);

}  // namespace attestd::tee::cca

#endif  // ATTESTD_TEE_CCA_FORMAT_CLAIMS_H_
