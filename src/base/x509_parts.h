// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_X509_PARTS_H_
#define ATTESTD_BASE_X509_PARTS_H_

#include <absl/time/time.h>
#include <openssl/types.h>

#include <string>
#include <string_view>

#include "base/status.h"

// Inside base only: what certificates and revocation lists have in common.
namespace attestd::base {

// InvalidArgument naming the field when it is absent or no date.
absl::StatusOr<absl::Time> ToTime(const ASN1_TIME* date, std::string_view field);

// RFC 2253 on one line, control characters escaped; empty when it cannot be printed.
std::string NameText(const X509_NAME* name);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_X509_PARTS_H_
