// SPDX-License-Identifier: Apache-2.0
// attestd-crowd: many callers at once, each on a thread of its own; prints what they met as JSON.
// The broker's resources hold their own names, so that a wrong secret shows.
#include <absl/synchronization/barrier.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/measure.h"
#include "bench/rpc_client.h"

namespace attestd::bench {
namespace {

struct Options {
  std::string socket;
  std::string resource = "load/key/";  // the caller's number modulo `resources` follows
  int callers = 1;
  int resources = 1;
  int rounds = 1;           // requests of each caller, one after the other
  double seconds = 0;       // instead: requests for so long
  double timeout = 30;      // of one request
  int per_connection = 16;  // callers that share one
};

struct Outcome {
  std::vector<absl::Duration> latencies;  // of the answered ones
  std::map<std::string, int> failed;      // by message
  int wrong = 0;
};

// One caller's requests.
Outcome Run(RpcClient& client, const Options& options, int caller, absl::Time end) {
  Outcome outcome;
  const std::string name = options.resource + std::to_string(caller % options.resources);
  const auto more = [&](int round) {
    return options.seconds > 0 ? absl::Now() < end : round < options.rounds;
  };
  for (int round = 0; more(round); ++round) {
    const absl::Time start = absl::Now();
    const absl::StatusOr<std::string> secret =
        client.Fetch("kbs:///" + name, absl::Seconds(options.timeout));
    if (!secret.ok()) {
      const std::string text(secret.status().message());
      ++outcome.failed[text.substr(0, text.find(" ["))];
      continue;
    }
    outcome.latencies.push_back(absl::Now() - start);
    outcome.wrong += *secret == name ? 0 : 1;
  }
  return outcome;
}

nlohmann::json Report(const Outcome& all, absl::Duration wall) {
  nlohmann::json report = {{"answered", all.latencies.size()},
                           {"wrong", all.wrong},
                           {"failed", all.failed},
                           {"wall_ms", absl::ToDoubleMilliseconds(wall)}};
  if (!all.latencies.empty()) {
    const auto ms = [&](double fraction) {
      return absl::ToDoubleMilliseconds(Percentile(all.latencies, fraction));
    };
    report["p50_ms"] = ms(0.5);
    report["p99_ms"] = ms(0.99);
    report["max_ms"] = ms(1.0);
  }
  return report;
}

absl::Status Crowd(const Options& options) {
  std::vector<RpcClient> clients;
  for (int i = 0; i < options.callers; i += options.per_connection) {
    ASSIGN_OR_RETURN(RpcClient client, RpcClient::Connect(options.socket));
    clients.push_back(std::move(client));
  }
  absl::Mutex mutex;
  Outcome all;
  absl::Barrier* barrier = new absl::Barrier(options.callers + 1);
  const absl::Time end = absl::Now() + absl::Seconds(options.seconds);
  std::vector<std::thread> threads;
  for (int i = 0; i < options.callers; ++i) {
    threads.emplace_back([&, i] {
      if (barrier->Block()) {
        delete barrier;
      }
      Outcome own = Run(clients[static_cast<size_t>(i / options.per_connection)], options, i, end);
      const absl::MutexLock lock(&mutex);
      all.latencies.insert(all.latencies.end(), own.latencies.begin(), own.latencies.end());
      all.wrong += own.wrong;
      for (const auto& [text, count] : own.failed) {
        all.failed[text] += count;
      }
    });
  }
  const absl::Time start = absl::Now();
  if (barrier->Block()) {
    delete barrier;
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::cout << Report(all, absl::Now() - start).dump() << std::endl;
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Many callers of attestd at once", "attestd-crowd");
  app.add_option("--socket", options.socket)->required();
  app.add_option("--resource", options.resource,
                 "repository/type/ and what stands before a number");
  app.add_option("--callers", options.callers);
  app.add_option("--resources", options.resources, "how many different ones");
  app.add_option("--rounds", options.rounds, "requests of each caller");
  app.add_option("--seconds", options.seconds, "instead of rounds");
  app.add_option("--timeout", options.timeout, "seconds for one request");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  const absl::Status status = Crowd(options);
  if (!status.ok()) {
    std::cerr << "attestd-crowd: " << std::string(status.message()) << "\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace attestd::bench

// NOLINTNEXTLINE(bugprone-exception-escape): it ends when memory does.
int main(int argc, char** argv) { return attestd::bench::Main(argc, argv); }
