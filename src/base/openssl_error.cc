// SPDX-License-Identifier: Apache-2.0
#include "base/openssl_error.h"

#include <openssl/err.h>

#include <array>
#include <string>

namespace attestd::base {

absl::Status OpensslError(std::string_view what) {
  std::string message(what);
  if (const unsigned long code = ERR_peek_last_error(); code != 0) {
    std::array<char, 160> text{};
    ERR_error_string_n(code, text.data(), text.size());
    message.append(": ").append(text.data());
  }
  ERR_clear_error();
  return MakeStatus(absl::StatusCode::kInternal, message);
}

}  // namespace attestd::base
