// SPDX-License-Identifier: Apache-2.0
#include "ctl/exec_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

#include "ctl/not_empty.h"
#include "ctl/words.h"

namespace attestd::ctl {
namespace {

// The three below are standard input, output and error.
constexpr uint32_t kFirstFd = 3;
constexpr uint32_t kLastFd = 255;

// A name as POSIX shells take it (XCU 8.1).
bool IsName(std::string_view text) {
  return !text.empty() && (text[0] < '0' || text[0] > '9') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

struct Assignment {
  std::string name;
  std::string uri;
};

absl::StatusOr<Assignment> ParseAssignment(std::string_view option, const std::string& word) {
  const size_t equals = word.find('=');
  Assignment assignment{.name = word.substr(0, equals), .uri = {}};
  if (equals != std::string::npos) {
    assignment.uri = word.substr(equals + 1);
  }
  if (!LooksLikeUri(assignment.uri)) {
    return UsageError(std::string(option) + " " + assignment.name +
                      ": =kbs:///repository/type/tag is needed behind it");
  }
  return assignment;
}

absl::Status AddVariable(const std::string& word, ExecOptions& options) {
  ASSIGN_OR_RETURN(Assignment assignment, ParseAssignment("--env", word));
  if (!IsName(assignment.name)) {
    return UsageError("--env " + assignment.name + ": is no name of a variable");
  }
  if (!options.environment.emplace(assignment.name, std::move(assignment.uri)).second) {
    return UsageError("--env " + assignment.name + ": is given twice");
  }
  return absl::OkStatus();
}

absl::Status AddDescriptor(const std::string& word, ExecOptions& options) {
  ASSIGN_OR_RETURN(Assignment assignment, ParseAssignment("--fd", word));
  const std::optional<uint32_t> number = ParseNumber(assignment.name, 10, kLastFd);
  if (!number.has_value() || *number < kFirstFd) {
    return UsageError("--fd " + assignment.name + ": a number from 3 to 255 is needed");
  }
  if (!options.descriptors.emplace(static_cast<int>(*number), std::move(assignment.uri)).second) {
    return UsageError("--fd " + assignment.name + ": is given twice");
  }
  return absl::OkStatus();
}

}  // namespace

void AddExecCommand(CLI::App& app, ExecWords& words) {
  CLI::App* exec = app.add_subcommand(
      "exec", "Become the command behind --, with secrets in its environment or descriptors");
  exec->add_option("--env", words.env, "NAME=kbs:///repository/type/tag: a variable")
      ->type_size(1)
      ->allow_extra_args(false);
  exec->add_option("--fd", words.fd, "N=kbs:///repository/type/tag: a sealed, readable descriptor")
      ->type_size(1)
      ->allow_extra_args(false);
  exec->add_option("--retry", words.retry,
                   "Try for so long while the daemon or the broker is unavailable")
      ->check(NotEmpty());
}

absl::StatusOr<ExecOptions> CheckExecWords(const ExecWords& words,
                                           const std::optional<std::vector<std::string>>& behind) {
  ExecOptions options;
  for (const std::string& word : words.env) {
    RETURN_IF_ERROR(AddVariable(word, options));
  }
  for (const std::string& word : words.fd) {
    RETURN_IF_ERROR(AddDescriptor(word, options));
  }
  if (options.environment.empty() && options.descriptors.empty()) {
    return UsageError("exec: --env NAME=kbs:///... or --fd N=kbs:///... is needed");
  }
  if (!behind.has_value() || behind->empty() || behind->front().empty()) {
    return UsageError("exec: a command behind -- is needed");
  }
  options.command = *behind;
  if (!words.retry.empty()) {
    ASSIGN_OR_RETURN(options.retry, ParseDuration("--retry", words.retry));
  }
  return options;
}

}  // namespace attestd::ctl
