// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_APPRAISE_OPTIONS_H_
#define ATTESTD_CTL_APPRAISE_OPTIONS_H_

#include <absl/time/time.h>

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

// NOLINTNEXTLINE(readability-identifier-naming): the library's own.
namespace CLI {
class App;
}

namespace attestd::ctl {

// The words of `attestctl appraise` as they came.
struct AppraiseWords {
  std::string tee;
  std::string evidence;
  std::string report;
  std::string quote;
  std::vector<std::string> certs;
  std::optional<std::string> report_data;
  std::optional<std::string> init_data_digest;
  std::string event_log;
  std::string roots;
  std::string at;
  bool allow_debug = false;
};

// What is judged: the option that named it, and the file ("-": standard input).
struct AppraiseInput {
  std::string option;  // "--evidence", "--report" or "--quote"
  std::string path;
};

// The same, checked.
struct AppraiseOptions {
  std::string tee;
  AppraiseInput input;
  std::vector<std::string> certs;
  std::optional<base::Bytes> report_data;
  std::optional<base::Bytes> init_data_digest;
  std::string event_log;         // empty: none
  std::string roots;             // empty: none
  std::optional<absl::Time> at;  // nothing: now
  bool allow_debug = false;
};

// Adds the command to the program. `words` must live as long as the program's parser.
void AddAppraiseCommand(CLI::App& app, AppraiseWords& words);

// InvalidArgument, "usage: --option: ..." with what to change, for words that mean nothing.
absl::StatusOr<AppraiseOptions> CheckAppraiseWords(const AppraiseWords& words);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_APPRAISE_OPTIONS_H_
