// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include "base/text.h"

namespace attestd::base {
namespace {

bool NeedsQuotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \"=\\") != std::string_view::npos;
}

void AppendEscaped(std::string_view value, std::string& line) {
  std::string quoted;
  quoted.reserve(value.size());
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
    }
    quoted.push_back(c);
  }
  line.append(Escaped(quoted));
}

}  // namespace

std::string FormatLogLine(Severity severity, std::string_view message,
                          std::initializer_list<LogField> fields) {
  std::string line = "<" + std::to_string(static_cast<int>(severity)) + ">";
  AppendEscaped(message, line);
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=");
    const std::string_view quote = NeedsQuotes(field.value) ? "\"" : "";
    line.append(quote);
    AppendEscaped(field.value, line);
    line.append(quote);
  }
  line.push_back('\n');
  return line;
}

void Log(Severity severity, std::string_view message, std::initializer_list<LogField> fields) {
  const std::string line = FormatLogLine(severity, message, fields);
  // A log that cannot be written must not stop the service.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

std::string StatusText(const absl::Status& status) {
  const std::string text = absl::StatusCodeToString(status.code());
  const auto message = status.message();
  return text + ": " + std::string(message.data(), message.size());
}

}  // namespace attestd::base
