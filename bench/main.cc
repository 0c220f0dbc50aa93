// SPDX-License-Identifier: Apache-2.0
// attestd-bench: measures attestd beside its parts, and prints Markdown. See scripts/bench.sh.
#include <absl/synchronization/mutex.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "base/secret_memory.h"
#include "bench/bench_report.h"
#include "bench/empty_server.h"
#include "bench/workloads.h"

namespace attestd::bench {
namespace {

// Secrets lie where attestd has them.
constexpr size_t kSecretMemory = size_t{4} << 20;

void Declare(CLI::App& app, Surroundings& where, std::string& serve_empty) {
  auto* serve = app.add_option("--serve-empty", serve_empty, "Be the empty server at this socket");
  const auto add = [&](const char* name, std::string& value, const char* text) {
    app.add_option(name, value, text)->excludes(serve);
  };
  add("--attestd", where.attestd, "The daemon's program");
  add("--attestctl", where.attestctl, "attestctl, for its size");
  add("--config", where.config, "Configuration for the daemon");
  add("--socket", where.socket, "Its socket, as in the configuration");
  add("--tcti", where.tcti, "Its TPM, as in the configuration");
  add("--url", where.broker.url, "The broker");
  add("--ca-file", where.broker.ca_file, "The broker's authority");
  add("--resource", where.broker.resource, "repository/type/tag");
  add("--folder", where.folder, "For sockets of the bench's own");
}

absl::Status Bench(const Surroundings& where) {
  RETURN_IF_ERROR(base::SetUpSecretArena(kSecretMemory).status());
  ASSIGN_OR_RETURN(const Results results, RunAll(where));
  std::cout << FormatReport(results);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  // As in attestd, so that the empty server is measured at its best too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  Surroundings where;
  std::string serve_empty;
  CLI::App app("Measures attestd beside its parts", "attestd-bench");
  Declare(app, where, serve_empty);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (!serve_empty.empty()) {
    return ServeEmpty(serve_empty);
  }
  const absl::Status status = Bench(where);
  if (!status.ok()) {
    std::cerr << "attestd-bench: " << std::string(status.message()) << "\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace attestd::bench

// NOLINTNEXTLINE(bugprone-exception-escape): it ends when memory does.
int main(int argc, char** argv) { return attestd::bench::Main(argc, argv); }
