// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_TEXT_H_
#define ATTESTD_BASE_TEXT_H_

#include <string>
#include <string_view>

namespace attestd::base {

// The text with every byte but printable ASCII as \xHH: it starts no line, drives no terminal and
// is UTF-8, wherever it came from.
std::string Escaped(std::string_view text);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_TEXT_H_
