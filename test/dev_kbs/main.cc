// SPDX-License-Identifier: Apache-2.0
// attestd-dev-kbs: a key broker for development and tests.
#include <absl/strings/match.h>
#include <absl/time/clock.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "base/file.h"
#include "base/handle.h"
#include "base/secret_memory.h"
#include "test/dev_kbs/fault_script.h"
#include "test/dev_kbs/faulty_kbs.h"
#include "test/dev_kbs/http_server.h"
#include "test/dev_kbs/kbs_service.h"
#include "test/dev_kbs/options.h"
#include "test/dev_kbs/policy.h"
#include "test/dev_kbs/wire_server.h"

namespace attestd::dev_kbs {
namespace {

constexpr size_t kSecretMemory = size_t{16} << 20;

void PrintLine(const std::string& line) {
  // One call, so that lines of different threads do not mix.
  static_cast<void>(std::fputs((line + "\n").c_str(), stdout));
  static_cast<void>(std::fflush(stdout));
}

// SIGTERM and SIGINT, with faults also SIGHUP, held back in this thread and those that it starts.
sigset_t BlockSignals(bool with_hangup) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (with_hangup) {
    sigaddset(&signals, SIGHUP);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// The file is never there with less than the whole number in it.
absl::Status WritePortFile(const std::string& path, int port) {
  const std::string temporary = path + ".new";
  const std::string text = std::to_string(port) + "\n";
  constexpr mode_t kMode = 0644;
  base::UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (!fd.valid() ||
      ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return base::ErrnoStatus(errno, temporary);
  }
  fd.reset();
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    return base::ErrnoStatus(errno, path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<KbsService>> MakeService(const Options& options) {
  ASSIGN_OR_RETURN(Policy policy, ReadPolicy(options.policy));
  Disclosure disclose;
  if (!options.disclose.empty()) {
    ASSIGN_OR_RETURN(disclose, DiscloseTo(options.disclose));
  }
  return KbsService::Create({.policy = std::move(policy),
                             .resources = options.resources,
                             .protocol = FindProtocol(options.protocol),
                             .token_key = options.token_key,
                             .session_lifetime = absl::Seconds(options.session_seconds),
                             .disclose = std::move(disclose)});
}

constexpr size_t kMaxFaults = size_t{1} << 20;

absl::Status LoadFaults(const std::string& path, FaultScript& script) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path, kMaxFaults));
  const absl::StatusOr<size_t> count = script.Load(text);
  if (!count.ok()) {
    return base::Annotate(count.status(), path);
  }
  PrintLine("faults: " + std::to_string(*count) + " rules in force");
  return absl::OkStatus();
}

// The server that answers honestly, or with --faults the one that can send anything.
absl::StatusOr<std::unique_ptr<Listener>> StartServer(const ServerOptions& where, KbsService& kbs,
                                                      FaultyKbs& faulty, const Options& options) {
  const absl::Duration delay = absl::Milliseconds(options.delay_ms);
  // The delay and not 50 us more.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  if (options.faults.empty()) {
    const auto handle = [&kbs, delay](const KbsRequest& request) {
      absl::SleepFor(delay);
      return kbs.Handle(request);
    };
    return HttpServer::Start(where, handle, PrintLine);
  }
  const auto handle = [&faulty, delay](const KbsRequest& request) {
    WireAnswer answer = faulty.Answer(request);
    answer.delay += delay;
    // As Trustee's HTTP server does.
    answer.headers.push_back(
        {"Date", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::Now(), absl::UTCTimeZone())});
    return answer;
  };
  return WireServer::Start(where, handle, [&faulty] { return faulty.Accept(); });
}

// Until a signal asks for the end.
void WaitForEnd(const sigset_t& signals, const Options& options, FaultScript& script) {
  for (int signal = SIGHUP; signal == SIGHUP;) {
    sigwait(&signals, &signal);
    if (signal == SIGHUP) {
      const absl::Status status = LoadFaults(options.faults, script);
      if (!status.ok()) {
        PrintLine("faults: refused, the old rules stay: " + std::string(status.message()));
      }
    }
  }
}

absl::Status Run(const Options& options) {
  RETURN_IF_ERROR(base::ForbidDumps());
  RETURN_IF_ERROR(base::SetUpSecretArena(kSecretMemory).status());
  const sigset_t signals = BlockSignals(!options.faults.empty());
  ASSIGN_OR_RETURN(const std::unique_ptr<KbsService> service, MakeService(options));
  FaultScript script;
  if (!options.faults.empty()) {
    RETURN_IF_ERROR(LoadFaults(options.faults, script));
  }
  FaultyKbs faulty(*service, script, PrintLine);
  std::atomic<bool> failed = false;
  const ServerOptions where{.host = options.listen.host,
                            .port = options.listen.port,
                            .cert = options.cert,
                            .key = options.key,
                            .on_failure = [&failed] {
                              failed = true;
                              ::kill(::getpid(), SIGTERM);
                            }};
  ASSIGN_OR_RETURN(const std::unique_ptr<Listener> server,
                   StartServer(where, *service, faulty, options));
  const bool ipv6 = absl::StrContains(where.host.c_str(), ':');
  PrintLine("attestd-dev-kbs listening on " + std::string(options.http ? "http://" : "https://") +
            (ipv6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(server->port()));
  if (!options.port_file.empty()) {
    RETURN_IF_ERROR(WritePortFile(options.port_file, server->port()));
  }
  WaitForEnd(signals, options, script);
  server->Stop();
  return failed ? base::MakeStatus(absl::StatusCode::kInternal, "stopped listening")
                : absl::OkStatus();
}

}  // namespace
}  // namespace attestd::dev_kbs

int main(int argc, char** argv) {
  const auto parsed = attestd::dev_kbs::ParseCommandLine(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) {
    return *code;
  }
  const absl::Status status =
      attestd::dev_kbs::Run(*std::get_if<attestd::dev_kbs::Options>(&parsed));
  if (!status.ok()) {
    const std::string message(status.message());
    static_cast<void>(std::fprintf(stderr, "attestd-dev-kbs: %s\n", message.c_str()));
    return 1;
  }
  return 0;
}
