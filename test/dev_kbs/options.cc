// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/options.h"

#include <absl/strings/numbers.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

namespace attestd::dev_kbs {
namespace {

constexpr int kMaxSessionSeconds = 86400;
constexpr int kMaxDelayMs = 60000;
constexpr int kUsageError = 2;

constexpr char kFooter[] =
    "The policy, in TOML; what is not named is not trusted:\n"
    "  allowed_tees = [\"snp\", \"tdx\"]     platforms and devices: az-snp-vtpm, az-tdx-vtpm, "
    "snp,\n"
    "                                   tdx, cca, tpm, sample, sampledevice\n"
    "  denied_resources = [\"a/b/*\"]     whole names, or prefixes with a star\n"
    "  allow_debug = true               let guests pass that can be debugged\n"
    "  at = \"2026-03-01T12:00:00Z\"      what dates in evidence are judged by, instead of now\n"
    "  [roots]\n"
    "  files = [\"roots/\", \"cpak.json\"]  certificates, public keys, CRLs, Intel's collateral\n"
    "  [init_data_digests]\n"
    "  snp = \"hex digits\"               what must be bound; init-data that comes must fit it\n"
    "  [tpm]\n"
    "  trusted_aks = [\"ak.pem\"]         public keys in PEM\n"
    "  [tpm.expected_pcrs]\n"
    "  11 = \"64 hex digits\"\n";

absl::Status Invalid(std::string_view message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

absl::Status CheckTransport(const Options& options) {
  const bool tls = !options.cert.empty() && !options.key.empty();
  if (options.http == tls) {
    return Invalid("give either --cert and --key, or --http");
  }
  if (options.http && !IsLoopback(options.listen.host)) {
    return Invalid("--http is only for loopback addresses");
  }
  return absl::OkStatus();
}

void Declare(CLI::App& app, Options& options, std::string& listen) {
  app.add_option("--listen", listen, "HOST:PORT; port 0 takes a free one")->capture_default_str();
  app.add_option("--cert", options.cert, "PEM file: certificate and its chain");
  app.add_option("--key", options.key, "PEM file: private key of the certificate");
  app.add_flag("--http", options.http, "plain HTTP, on loopback only");
  app.add_option("--resources", options.resources, "folder of repository/type/tag files")
      ->required();
  app.add_option("--policy", options.policy, "TOML file: who may be given what")->required();
  app.add_option("--session-seconds", options.session_seconds, "life of a session and its token")
      ->capture_default_str()
      ->check(CLI::Range(1, kMaxSessionSeconds));
  app.add_option("--protocol", options.protocol, "KBS protocol: 0.4.0, 0.2.0 or 0.1.1")
      ->capture_default_str()
      ->check(CLI::IsMember({"0.4.0", "0.2.0", "0.1.1"}));
  app.add_option(
      "--token-key", options.token_key,
      "PEM file: private key on P-256 for tokens; brokers with the same trust each other");
  app.add_option("--faults", options.faults, "file of faults to play, read anew at SIGHUP");
  app.add_option("--delay-ms", options.delay_ms, "added before each answer")
      ->check(CLI::Range(0, kMaxDelayMs));
  app.add_option(
      "--disclose", options.disclose,
      "file to append cookies, tokens and content keys to, for tests that look for them");
  app.add_option("--port-file", options.port_file, "file to write the port number to");
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return Invalid("--listen wants HOST:PORT");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (std::count(host.begin(), host.end(), ':') > 0) {
    return Invalid("--listen wants an IPv6 address in brackets");
  }
  const std::string port(text.substr(colon + 1));
  ListenAddress address{.host = std::string(host)};
  constexpr int kMaxPort = 65535;
  if (host.empty() || !absl::SimpleAtoi(port.c_str(), &address.port) || address.port < 0 ||
      address.port > kMaxPort) {
    return Invalid("--listen wants HOST:PORT");
  }
  return address;
}

bool IsLoopback(std::string_view host) {
  // 127.evil.example would be a name, not an address.
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

std::variant<Options, int> ParseCommandLine(int argc, const char* const* argv) {
  CLI::App app(
      "A key broker for development and tests. It truly verifies evidence, but keeps its "
      "secrets in plain files: not for production.",
      "attestd-dev-kbs");
  Options options;
  std::string listen = "127.0.0.1:8080";
  Declare(app, options, listen);
  app.footer(kFooter);
  // CLI11 throws; this is its boundary.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  absl::StatusOr<ListenAddress> address = ParseListenAddress(listen);
  absl::Status status = address.status();
  if (address.ok()) {
    options.listen = *std::move(address);
    status = CheckTransport(options);
  }
  if (!status.ok()) {
    std::cerr << "attestd-dev-kbs: " << std::string(status.message()) << "\n";
    return kUsageError;
  }
  return options;
}

}  // namespace attestd::dev_kbs
