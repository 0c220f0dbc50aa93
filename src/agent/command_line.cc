// SPDX-License-Identifier: Apache-2.0
#include "agent/command_line.h"

#include <CLI/CLI.hpp>
#include <string_view>

#include "base/log.h"

namespace attestd::agent {
namespace {

constexpr int kUsage = 2;
constexpr int kRefused = 1;

void AddCommon(CLI::App& app, CommandLine& line) {
  app.add_flag("--check-config", line.check_config, "Validate the configuration and exit");
  app.add_flag("--print-config", line.print_config,
               "Print the configuration as attestd's own file, and exit");
  app.set_version_flag("--version", std::string("attestd ") + ATTESTD_VERSION);
}

ParsedCommandLine Parse(CLI::App& app, CommandLine& line, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {.line = {}, .exit = app.exit(error) == 0 ? 0 : kUsage};
  }
  return {.line = line, .exit = std::nullopt};
}

ParsedCommandLine Refuse(const std::string& what) {
  base::Log(base::Severity::kError, what);
  return {.line = {}, .exit = kRefused};
}

ParsedCommandLine ParseOwn(int argc, char** argv) {
  CommandLine line;
  CLI::App app("attestd: attestation agent for confidential VMs");
  app.add_option("--config", line.config, "Configuration file (TOML)")->capture_default_str();
  AddCommon(app, line);
  return Parse(app, line, argc, argv);
}

void AddUpstream(CLI::App& app, UpstreamCommand& upstream) {
  app.add_option("--base-config", upstream.base,
                 "attestd's own settings, below what the program is told (TOML)")
      ->capture_default_str();
  app.add_option("--kernel-cmdline", upstream.kernel_cmdline, "The kernel's command line")
      ->capture_default_str();
}

ParsedCommandLine ParseAttestationAgent(int argc, char** argv) {
  CommandLine line;
  UpstreamCommand& upstream = line.upstream.emplace();
  CLI::App app("attestd in the place of attestation-agent");
  app.add_option("-a,--attestation_sock,--attestation-sock", upstream.socket, "unix:///path");
  app.add_option("-c,--config-file,--config_file,--config", upstream.config, "aa.toml");
  app.add_option("-t,--initdata-toml,--initdata_toml", upstream.init_data_file, "Init data");
  app.add_option("-i,--initdata-digest,--initdata_digest", upstream.init_data_digest,
                 "Digest of the init data, Base64");
  app.add_option("--keyprovider_sock,--getresource_sock", upstream.old_sockets,
                 "unix:///path or 127.0.0.1:50000: served too");
  AddUpstream(app, upstream);
  AddCommon(app, line);
  return Parse(app, line, argc, argv);
}

ParsedCommandLine ParseConfidentialDataHub(int argc, char** argv) {
  CommandLine line;
  UpstreamCommand& upstream = line.upstream.emplace();
  upstream.program = compat::Program::kConfidentialDataHub;
  CLI::App app("attestd in the place of confidential-data-hub");
  app.add_option("-c,--config", upstream.config, "cdh.toml");
  AddUpstream(app, upstream);
  AddCommon(app, line);
  return Parse(app, line, argc, argv);
}

ParsedCommandLine ParseApiServerRest(int argc, char** argv) {
  CommandLine line;
  RestCommand& rest = line.rest.emplace();
  CLI::App app("attestd in the place of api-server-rest");
  app.add_option("-b,--bind", rest.bind, "Address and port")->capture_default_str();
  app.add_option("-f,--features", rest.features, "resource, attestation or all")
      ->capture_default_str();
  app.add_option("-c,--cdh_addr,--cdh-addr", rest.cdh, "unix:///path")->capture_default_str();
  app.add_option("-a,--aa_addr,--aa-addr", rest.aa, "unix:///path")->capture_default_str();
  AddCommon(app, line);
  return Parse(app, line, argc, argv);
}

}  // namespace

ParsedCommandLine ParseCommandLine(int argc, char** argv) {
  const bool named = argc > 2 && std::string_view(argv[1]) == "--as";
  std::string_view name = named ? argv[2] : (argc > 0 ? argv[0] : "");
  name.remove_prefix(name.rfind('/') + 1);
  const int skipped = named ? 2 : 0;
  if (name == "attestation-agent") {
    return ParseAttestationAgent(argc - skipped, argv + skipped);
  }
  if (name == "confidential-data-hub") {
    return ParseConfidentialDataHub(argc - skipped, argv + skipped);
  }
  if (name == "api-server-rest") {
    return ParseApiServerRest(argc - skipped, argv + skipped);
  }
  if (named) {
    return Refuse("--as: expected attestation-agent, confidential-data-hub or api-server-rest");
  }
  return ParseOwn(argc, argv);
}

}  // namespace attestd::agent
