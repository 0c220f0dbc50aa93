// SPDX-License-Identifier: Apache-2.0
// The words of get-resource and exec that are about files, watching and commands.
#include <catch2/catch.hpp>
#include <csignal>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "ctl/options.h"

namespace attestd::ctl {
namespace {

absl::StatusOr<Options> Parse(const std::string& line) {
  std::istringstream stream("attestctl " + line);
  const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
  std::vector<const char*> argv;
  for (const std::string& word : words) {
    argv.push_back(word.c_str());
  }
  return ParseOptions(static_cast<int>(argv.size()), argv.data());
}

TEST_CASE("get-resource takes a manifest, a template, --retry and --watch") {
  const auto manifest = Parse("get-resource --manifest m --retry 2m");
  REQUIRE(manifest.ok());
  CHECK(manifest->resource.manifest == "m");
  CHECK(manifest->resource.retry == absl::Minutes(2));
  CHECK(manifest->resource.watch == absl::ZeroDuration());
  const auto text = Parse(
      "get-resource --template t --out f --mode 0440 --watch 30s --notify-signal SIGUSR1 "
      "--notify-pid-file p");
  REQUIRE(text.ok());
  CHECK(text->resource.template_file == "t");
  CHECK(text->resource.out->mode == 0440);
  CHECK(text->resource.watch == absl::Seconds(30));
  CHECK(text->resource.notify.signal == SIGUSR1);
  CHECK(text->resource.notify.pid_file == "p");
  const auto command =
      Parse("get-resource u --out f --watch 30s --notify-exec -- reload --json -- x");
  REQUIRE(command.ok());
  CHECK(command->resource.notify.command ==
        std::vector<std::string>{"reload", "--json", "--", "x"});
  CHECK_FALSE(command->json);
}

TEST_CASE("exec takes variables, descriptors and a command with options of its own") {
  const auto options = Parse(
      "exec --env A=kbs:///a/b/c?x=y --env _b1=kbs:///a/b/d --fd 3=kbs:///a/b/c --retry 5s -- "
      "cmd --env x -- --fd");
  REQUIRE(options.ok());
  CHECK(options->command == Command::kExec);
  CHECK(options->exec.environment ==
        std::map<std::string, std::string>{{"A", "kbs:///a/b/c?x=y"}, {"_b1", "kbs:///a/b/d"}});
  CHECK(options->exec.descriptors == std::map<int, std::string>{{3, "kbs:///a/b/c"}});
  CHECK(options->exec.retry == absl::Seconds(5));
  CHECK(options->exec.command == std::vector<std::string>{"cmd", "--env", "x", "--", "--fd"});
}

TEST_CASE("words of get-resource and exec that mean nothing are refused") {
  const auto [line, text] = GENERATE(table<std::string, std::string>(
      {{"get-resource", "one of a uri"},
       {"get-resource u --manifest m", "one of a uri"},
       {"get-resource --manifest m --template t --out f", "one of a uri"},
       {"get-resource --manifest m --out f", "--manifest"},
       {"get-resource --template t", "--out"},
       {"get-resource --manifest m --json", "--json"},
       {"get-resource u --watch 5s", "--out"},
       {"get-resource u --out f --watch 5", "--watch"},
       {"get-resource u --out f --retry 0s", "--retry"},
       {"get-resource --manifest m --watch 5s --retry 5s", "--retry"},
       {"get-resource --manifest m --watch 5s --notify-signal HUP", "--notify-pid-file"},
       {"get-resource --manifest m --watch 5s --notify-pid-file p", "--notify-signal"},
       {"get-resource --manifest m --watch 5s --notify-signal KILL --notify-pid-file p", "HUP"},
       {"get-resource --manifest m --notify-signal HUP --notify-pid-file p", "--watch"},
       {"get-resource --manifest m --watch 5s --notify-exec", "--"},
       {"get-resource --manifest m --watch 5s --notify-exec --", "--"},
       {"get-resource --manifest m --watch 5s -- cmd", "--notify-exec"},
       {"get-resource --manifest m --watch 5s --notify-exec --notify-signal HUP "
        "--notify-pid-file p -- cmd",
        "exclude"},
       {"exec -- cmd", "--env"},
       {"exec --env A=kbs:///a/b/c", "command"},
       {"exec --env A=kbs:///a/b/c --", "command"},
       {"exec --env A=kbs:///a/b/c cmd", "cmd"},
       {"exec --env A -- cmd", "--env A"},
       {"exec --env A=plaintext -- cmd", "--env A"},
       {"exec --env =kbs:///a/b/c -- cmd", "name"},
       {"exec --env 1A=kbs:///a/b/c -- cmd", "name"},
       {"exec --env A-B=kbs:///a/b/c -- cmd", "name"},
       {"exec --env A=kbs:///a/b/c --env A=kbs:///a/b/d -- cmd", "twice"},
       {"exec --fd 2=kbs:///a/b/c -- cmd", "3 to 255"},
       {"exec --fd 256=kbs:///a/b/c -- cmd", "3 to 255"},
       {"exec --fd x=kbs:///a/b/c -- cmd", "3 to 255"},
       {"exec --fd 3=kbs:///a/b/c --fd 03=kbs:///a/b/c -- cmd", "twice"},
       {"status -- cmd", "--"}}));
  CAPTURE(line);
  const auto options = Parse(line);
  REQUIRE(absl::IsInvalidArgument(options.status()));
  const std::string message(options.status().message());
  CHECK_THAT(message, Catch::StartsWith("usage: "));
  CHECK_THAT(message, Catch::Contains(text));
}

}  // namespace
}  // namespace attestd::ctl
