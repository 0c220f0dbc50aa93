// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_LOG_H_
#define ATTESTD_BASE_LOG_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/status.h"

namespace attestd::base {

// Values are the journal's priorities (sd-daemon(3)).
enum class Severity { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6 };

struct LogField {
  std::string_view key;
  std::string value;
};

// "<6>message key=value key=\"two words\"\n". Values are escaped (base/text.h), so that they
// cannot start a line of their own. Secret has no conversion to text and cannot be logged.
std::string FormatLogLine(Severity severity, std::string_view message,
                          std::initializer_list<LogField> fields);

// One such line to standard error, in one write.
void Log(Severity severity, std::string_view message, std::initializer_list<LogField> fields = {});

// Code and message of a status as one value for a log field.
std::string StatusText(const absl::Status& status);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_LOG_H_
