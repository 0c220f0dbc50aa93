// SPDX-License-Identifier: Apache-2.0
#include "ctl/options.h"

#include <absl/strings/match.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <limits>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/encoding.h"
#include "ctl/not_empty.h"

namespace attestd::ctl {
namespace {

constexpr char kDescription[] = "Asks attestd, the attestation agent of this confidential VM.";
constexpr char kFooter[] =
    "Exit status:\n"
    "  0  done\n"
    "  1  any other failure; of appraise: the evidence is refused\n"
    "  2  bad usage: this command line, an argument that the daemon calls invalid, or input that\n"
    "     cannot be read\n"
    "  3  refused: by the socket's mode, the daemon's policy or the key broker\n"
    "  4  not found: the key broker has no such resource\n"
    "  5  unavailable: the daemon, its device or the key broker cannot serve now\n"
    "  6  timed out\n"
    "An error is one line on standard error that names the step that failed.";

// The words of the command line as they came.
struct Words {
  std::string socket = "unix:///run/attestd/attestd.sock";
  std::string timeout = "60s";
  bool wait = false;
  bool json = false;
  std::string uri;
  std::string out;
  std::string mode = "0400";
  std::string owner;
  std::string runtime_data;
  std::string runtime_data_file;
  bool explain = false;
  AppraiseWords appraise;
};

absl::Status UsageError(std::string_view text) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "usage: " + std::string(text));
}

// The whole text as a number in `base`, at most `limit`.
std::optional<uint32_t> ParseNumber(std::string_view text, int base, uint32_t limit) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || value > limit) {
    return std::nullopt;
  }
  return value;
}

// gRPC's two spellings of a socket, or a plain path.
absl::StatusOr<std::string> ParseSocket(std::string_view text) {
  for (const std::string_view scheme : {std::string_view("unix://"), std::string_view("unix:")}) {
    if (text.starts_with(scheme)) {
      text.remove_prefix(scheme.size());
      if (scheme == "unix://" && !text.starts_with('/')) {
        return UsageError("--socket: unix:// is followed by an absolute path");
      }
      break;
    }
  }
  if (text.empty() || absl::StrContains({text.data(), text.size()}, "://")) {
    return UsageError("--socket: unix:///path, unix:path or a path is needed");
  }
  return std::string(text);
}

absl::StatusOr<absl::Duration> ParseTimeout(const std::string& text) {
  absl::Duration timeout;
  if (!absl::ParseDuration(text, &timeout) || timeout <= absl::ZeroDuration()) {
    return UsageError("--timeout: a duration with its unit is needed, as 60s, 500ms or 2m");
  }
  return timeout;
}

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

absl::StatusOr<FileSpec> ParseFileSpec(const Words& words) {
  const std::optional<uint32_t> mode = ParseNumber(words.mode, 8, 0777);
  if (!mode.has_value()) {
    return UsageError("--mode: an octal mode up to 0777 is needed, as 0400");
  }
  FileSpec spec{.path = words.out, .mode = *mode, .owner = std::nullopt};
  if (!words.owner.empty()) {
    ASSIGN_OR_RETURN(spec.owner, ParseOwner(words.owner));
  }
  return spec;
}

void AddGlobalOptions(CLI::App& app, Words& words) {
  app.set_version_flag("--version", "attestctl " ATTESTD_VERSION);
  app.add_option("--socket", words.socket, "The daemon's socket: unix:///path or a path")
      ->capture_default_str();
  app.add_option("--timeout", words.timeout, "Limit for everything, waiting included")
      ->capture_default_str();
  app.add_flag("--wait", words.wait, "Wait until the daemon is there and ready");
  app.add_flag("--json", words.json, "Print JSON");
  // Options of the program may stand behind the command too.
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kFooter);
}

void AddCommands(CLI::App& app, Words& words) {
  CLI::App* resource = app.add_subcommand("get-resource", "Print a secret of the key broker");
  resource->add_option("uri", words.uri, "kbs:///repository/type/tag")->required();
  CLI::Option* out = resource->add_option(
      "--out", words.out, "Write to this file instead, whole or not at all; a link is replaced");
  out->check(NotEmpty());
  resource->add_option("--mode", words.mode, "Mode of the file")->needs(out)->capture_default_str();
  resource->add_option("--owner", words.owner, "Owner of the file: UID:GID in numbers")
      ->needs(out)
      ->check(NotEmpty());

  CLI::App* evidence = app.add_subcommand("get-evidence", "Print fresh evidence of this VM");
  CLI::Option_group* data = evidence->add_option_group("runtime data");
  data->add_option("--runtime-data", words.runtime_data, "Report data in hex, at most 64 bytes");
  data->add_option("--runtime-data-file", words.runtime_data_file, "File that holds the bytes")
      ->check(NotEmpty());
  data->require_option(1);

  app.add_subcommand("get-token", "Print the key broker's attestation token");
  app.add_subcommand("tee", "Print the name of the platform")
      ->add_flag("--explain", words.explain, "Print what each probe saw, and why one was chosen");
  app.add_subcommand("status", "Print what the daemon says of itself");
  app.add_subcommand("reload", "Let the daemon take over the brokers of its configuration file");
  AddAppraiseCommand(app, words.appraise);
}

Command FindCommand(const CLI::App& app) {
  constexpr std::pair<const char*, Command> kCommands[] = {{"get-resource", Command::kGetResource},
                                                           {"get-evidence", Command::kGetEvidence},
                                                           {"get-token", Command::kGetToken},
                                                           {"tee", Command::kTee},
                                                           {"status", Command::kStatus},
                                                           {"reload", Command::kReload},
                                                           {"appraise", Command::kAppraise}};
  for (const auto& [name, command] : kCommands) {
    if (app.got_subcommand(name)) {
      return command;
    }
  }
  return Command::kPrint;
}

absl::StatusOr<Options> Check(const Words& words, Command command) {
  Options options;
  options.command = command;
  options.wait = words.wait;
  options.json = words.json;
  options.uri = words.uri;
  options.explain = words.explain;
  if (command == Command::kAppraise) {
    ASSIGN_OR_RETURN(options.appraise, CheckAppraiseWords(words.appraise));
    return options;
  }
  ASSIGN_OR_RETURN(options.socket_path, ParseSocket(words.socket));
  ASSIGN_OR_RETURN(options.timeout, ParseTimeout(words.timeout));
  if (!words.out.empty()) {
    if (words.json) {
      return UsageError("--json and --out exclude each other");
    }
    ASSIGN_OR_RETURN(options.out, ParseFileSpec(words));
  }
  options.runtime_data_file = words.runtime_data_file;
  absl::StatusOr<base::Bytes> bytes = base::HexDecode(words.runtime_data);
  if (!bytes.ok()) {
    return UsageError("--runtime-data: pairs of hex digits are needed");
  }
  options.runtime_data = *std::move(bytes);
  return options;
}

}  // namespace

absl::StatusOr<Options> ParseOptions(int argc, const char* const* argv) {
  Words words;
  CLI::App app(kDescription, "attestctl");
  AddGlobalOptions(app, words);
  AddCommands(app, words);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    if (app.exit(error, text, text) != 0) {
      return UsageError(std::string(error.what()) + "; see attestctl --help");
    }
    Options options;  // --help or --version
    options.text = text.str();
    return options;
  }
  return Check(words, FindCommand(app));
}

}  // namespace attestd::ctl
