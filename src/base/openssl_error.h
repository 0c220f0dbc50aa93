// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_OPENSSL_ERROR_H_
#define ATTESTD_BASE_OPENSSL_ERROR_H_

#include <string_view>

#include "base/status.h"

namespace attestd::base {

// Internal with the text of OpenSSL's newest queued error; empties the queue.
absl::Status OpensslError(std::string_view what);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_OPENSSL_ERROR_H_
