// SPDX-License-Identifier: Apache-2.0
#include "ctl/resource_options.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <limits>
#include <string_view>
#include <utility>

#include "ctl/not_empty.h"
#include "ctl/words.h"

namespace attestd::ctl {
namespace {

absl::StatusOr<Owner> ParseOwner(std::string_view text) {
  // The highest number is (uid_t)-1, which means "leave it" to chown(2).
  constexpr uint32_t kLimit = std::numeric_limits<uint32_t>::max() - 1;
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const std::optional<uint32_t> uid = ParseNumber(text.substr(0, colon), 10, kLimit);
    const std::optional<uint32_t> gid = ParseNumber(text.substr(colon + 1), 10, kLimit);
    if (uid.has_value() && gid.has_value()) {
      return Owner{.uid = *uid, .gid = *gid};
    }
  }
  return UsageError("--owner: UID:GID in numbers is needed, as 1000:1000");
}

absl::StatusOr<FileSpec> ParseFileSpec(const ResourceWords& words) {
  const std::optional<mode_t> mode = ParseMode(words.mode);
  if (!mode.has_value()) {
    return UsageError("--mode: an octal mode up to 0777 is needed, as 0400");
  }
  FileSpec spec{.path = words.out, .mode = *mode, .owner = std::nullopt};
  if (!words.owner.empty()) {
    ASSIGN_OR_RETURN(spec.owner, ParseOwner(words.owner));
  }
  return spec;
}

// HUP or SIGHUP, and those that programs take as news.
absl::StatusOr<int> ParseSignal(std::string_view text) {
  constexpr std::pair<std::string_view, int> kSignals[] = {
      {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT},  {"TERM", SIGTERM},
      {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"WINCH", SIGWINCH}};
  text.remove_prefix(text.starts_with("SIG") ? 3 : 0);
  for (const auto& [name, number] : kSignals) {
    if (text == name) {
      return number;
    }
  }
  return UsageError("--notify-signal: one of HUP, INT, QUIT, TERM, USR1, USR2, WINCH is needed");
}

absl::Status CheckSource(const ResourceWords& words) {
  const int given =
      (words.uri.empty() ? 0 : 1) + (words.manifest.empty() ? 0 : 1) + (words.text.empty() ? 0 : 1);
  if (given != 1) {
    return UsageError(
        "get-resource: one of a uri, --manifest FILE and --template FILE is needed; see attestctl "
        "--help");
  }
  if (words.manifest.empty() != words.out.empty()) {
    return absl::OkStatus();  // a manifest without --out, or anything else with it
  }
  if (!words.manifest.empty()) {
    return UsageError("--manifest names the files itself; --out is for one");
  }
  if (!words.text.empty() || !words.watch.empty()) {
    return UsageError(words.text.empty() ? "--watch: --out FILE or --manifest FILE is needed"
                                         : "--template: --out FILE is needed");
  }
  return absl::OkStatus();
}

absl::StatusOr<NotifyOptions> CheckNotify(const ResourceWords& words,
                                          const std::optional<std::vector<std::string>>& behind) {
  NotifyOptions notify;
  if (behind.has_value() != words.notify_exec || (behind.has_value() && behind->empty())) {
    return UsageError("--notify-exec and a command behind -- belong together");
  }
  if (words.notify_signal.empty() != words.notify_pid_file.empty()) {
    return UsageError("--notify-signal and --notify-pid-file belong together");
  }
  const bool any = words.notify_exec || !words.notify_signal.empty();
  if (any && words.watch.empty()) {
    return UsageError("--notify-signal and --notify-exec need --watch");
  }
  if (words.notify_exec && !words.notify_signal.empty()) {
    return UsageError("--notify-signal and --notify-exec exclude each other");
  }
  if (!words.notify_signal.empty()) {
    ASSIGN_OR_RETURN(notify.signal, ParseSignal(words.notify_signal));
  }
  notify.pid_file = words.notify_pid_file;
  notify.command = behind.value_or(std::vector<std::string>());
  return notify;
}

}  // namespace

void AddResourceCommand(CLI::App& app, ResourceWords& words) {
  CLI::App* resource = app.add_subcommand("get-resource", "Print a secret of the key broker");
  resource->add_option("uri", words.uri, "kbs:///repository/type/tag");
  CLI::Option* out = resource->add_option(
      "--out", words.out, "Write to this file instead, whole or not at all; a link is replaced");
  out->check(NotEmpty());
  resource->add_option("--mode", words.mode, "Mode of the file")->needs(out)->capture_default_str();
  resource->add_option("--owner", words.owner, "Owner of the file: UID:GID in numbers")
      ->needs(out)
      ->check(NotEmpty());
  resource
      ->add_option("--manifest", words.manifest,
                   "Write the files that this TOML file names: all of them or none")
      ->check(NotEmpty());
  resource
      ->add_option("--template", words.text,
                   "Write this file to --out with its {{ kbs:///... }} filled in")
      ->check(NotEmpty());
  CLI::Option* retry = resource->add_option(
      "--retry", words.retry, "Try for so long while the daemon or the broker is unavailable");
  retry->check(NotEmpty());
  resource
      ->add_option("--watch", words.watch,
                   "Go on: look again each time so much has passed, and rewrite what changed")
      ->check(NotEmpty())
      ->excludes(retry);
  resource
      ->add_option("--notify-signal", words.notify_signal, "After a change, send HUP, USR1, ...")
      ->check(NotEmpty());
  resource
      ->add_option("--notify-pid-file", words.notify_pid_file, "... to the process named in here")
      ->check(NotEmpty());
  resource->add_flag("--notify-exec", words.notify_exec,
                     "After a change, run the command behind --");
}

absl::StatusOr<ResourceOptions> CheckResourceWords(
    const ResourceWords& words, const std::optional<std::vector<std::string>>& behind) {
  RETURN_IF_ERROR(CheckSource(words));
  ResourceOptions options{.uri = words.uri,
                          .manifest = words.manifest,
                          .template_file = words.text,
                          .out = std::nullopt,
                          .retry = absl::ZeroDuration(),
                          .watch = absl::ZeroDuration(),
                          .notify = {}};
  if (!words.out.empty()) {
    ASSIGN_OR_RETURN(options.out, ParseFileSpec(words));
  }
  if (!words.retry.empty()) {
    ASSIGN_OR_RETURN(options.retry, ParseDuration("--retry", words.retry));
  }
  if (!words.watch.empty()) {
    ASSIGN_OR_RETURN(options.watch, ParseDuration("--watch", words.watch));
  }
  ASSIGN_OR_RETURN(options.notify, CheckNotify(words, behind));
  return options;
}

}  // namespace attestd::ctl
