// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_RESOURCE_OPTIONS_H_
#define ATTESTD_CTL_RESOURCE_OPTIONS_H_

#include <absl/time/time.h>

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "ctl/output_file.h"

// NOLINTNEXTLINE(readability-identifier-naming): the library's own.
namespace CLI {
class App;
}

namespace attestd::ctl {

// The words of `attestctl get-resource` as they came.
struct ResourceWords {
  std::string uri;
  std::string manifest;
  std::string text;
  std::string out;
  std::string mode = "0400";
  std::string owner;
  std::string retry;
  std::string watch;
  std::string notify_signal;
  std::string notify_pid_file;
  bool notify_exec = false;
};

// Who is told when files have changed: nobody when both are empty.
struct NotifyOptions {
  int signal = 0;
  std::string pid_file;
  std::vector<std::string> command;
};

struct ResourceOptions {
  // One of these three.
  std::string uri;
  std::string manifest;
  std::string template_file;
  std::optional<FileSpec> out;
  absl::Duration retry;  // zero: one try
  absl::Duration watch;  // zero: once
  NotifyOptions notify;
};

void AddResourceCommand(CLI::App& app, ResourceWords& words);
// `behind` is what stood behind "--", if that was there. InvalidArgument, "usage: ...", for words
// that mean nothing.
absl::StatusOr<ResourceOptions> CheckResourceWords(
    const ResourceWords& words, const std::optional<std::vector<std::string>>& behind);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_RESOURCE_OPTIONS_H_
