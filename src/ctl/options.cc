// SPDX-License-Identifier: Apache-2.0
#include "ctl/options.h"

#include <absl/strings/match.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "ctl/not_empty.h"
#include "ctl/words.h"

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
    "  128 + N  get-resource or exec was ended by signal N; exec ends as its command does\n"
    "An error is one line on standard error that names the step that failed.";

// The words of the command line as they came.
struct Words {
  std::string socket = "unix:///run/attestd/attestd.sock";
  std::string timeout = "60s";
  bool wait = false;
  bool json = false;
  std::string runtime_data;
  std::string runtime_data_file;
  bool explain = false;
  PolicyQuestion policy;
  ResourceWords resource;
  AppraiseWords appraise;
  ExecWords exec;
  // What stands behind "--": a command with options of its own.
  std::optional<std::vector<std::string>> behind;
};

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
  AddResourceCommand(app, words.resource);
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
  app.add_subcommand("reload", "Let the daemon take over brokers and policy of its configuration");
  CLI::App* policy = app.add_subcommand("policy", "Ask what the daemon's policy says");
  policy->require_subcommand(1);
  CLI::App* test = policy->add_subcommand("test", "Whether a principal may have a resource");
  test->add_option("--principal", words.policy.principal, "As [[listener]] names it")->required();
  test->add_option("--resource", words.policy.resource, "kbs:///repository/type/tag");
  test->add_option("--right", words.policy.right, "A word of rights")->capture_default_str();
  AddAppraiseCommand(app, words.appraise);
  AddExecCommand(app, words.exec);
}

Command FindCommand(const CLI::App& app) {
  constexpr std::pair<const char*, Command> kCommands[] = {{"get-resource", Command::kGetResource},
                                                           {"get-evidence", Command::kGetEvidence},
                                                           {"get-token", Command::kGetToken},
                                                           {"tee", Command::kTee},
                                                           {"status", Command::kStatus},
                                                           {"reload", Command::kReload},
                                                           {"policy", Command::kPolicyTest},
                                                           {"appraise", Command::kAppraise},
                                                           {"exec", Command::kExec}};
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
  options.explain = words.explain;
  options.policy = words.policy;
  if (words.behind.has_value() && command != Command::kExec && command != Command::kGetResource) {
    return UsageError("a command behind -- is for exec and --notify-exec");
  }
  if (command == Command::kAppraise) {
    ASSIGN_OR_RETURN(options.appraise, CheckAppraiseWords(words.appraise));
    return options;
  }
  ASSIGN_OR_RETURN(options.socket_path, ParseSocket(words.socket));
  ASSIGN_OR_RETURN(options.timeout, ParseDuration("--timeout", words.timeout));
  if (command == Command::kExec) {
    ASSIGN_OR_RETURN(options.exec, CheckExecWords(words.exec, words.behind));
    return options;
  }
  if (command == Command::kGetResource) {
    ASSIGN_OR_RETURN(options.resource, CheckResourceWords(words.resource, words.behind));
    if (words.json && (options.resource.out.has_value() || !options.resource.manifest.empty())) {
      return UsageError("--json is for what is printed; it and files exclude each other");
    }
    return options;
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
  const char* const* const end = std::find(argv, argv + argc, std::string_view("--"));
  if (end != argv + argc) {
    words.behind.emplace(end + 1, argv + argc);
  }
  CLI::App app(kDescription, "attestctl");
  AddGlobalOptions(app, words);
  AddCommands(app, words);
  try {
    app.parse(static_cast<int>(end - argv), argv);
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
