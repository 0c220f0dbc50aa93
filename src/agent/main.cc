// SPDX-License-Identifier: Apache-2.0
// attestd: the attestation agent's entry point.
#include <absl/strings/cord.h>
#include <absl/synchronization/mutex.h>
#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/command_line.h"
#include "agent/config_source.h"
#include "agent/keeper.h"
#include "agent/sandbox_rules.h"
#include "agent/startup_pages.h"
#include "agent/wiring.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret_memory.h"
#include "tee/backend.h"

namespace attestd::agent {
namespace {

constexpr size_t kMinSecretMemory = size_t{4} << 20;
constexpr size_t kMaxSecretMemory = size_t{32} << 20;
constexpr int kSettleMs = 2000;
// The server's drain of 5 s, and a second for the rest.
constexpr std::chrono::seconds kExitLimit{6};

// As much as the kernel lets us lock, between 4 and 32 MiB.
absl::Status SetUpSecretMemory() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  const size_t size = std::clamp(std::bit_floor(static_cast<size_t>(limit.rlim_cur)),
                                 kMinSecretMemory, kMaxSecretMemory);
  ASSIGN_OR_RETURN(const base::SecretArena memory, base::SetUpSecretArena(size));
  base::Log(base::Severity::kInfo, "secret memory",
            {{"kind", std::string(base::ProtectionName(memory.protection))},
             {"bytes", std::to_string(memory.size)}});
  if (!memory.locked()) {
    base::Log(base::Severity::kWarning,
              "secret memory is not locked and may be swapped; raise LimitMEMLOCK",
              {{"wanted_bytes", std::to_string(size)}});
  }
  return absl::OkStatus();
}

// Blocks the signals that end us, so that no handler ever runs: a handler's frame would keep a
// copy of the registers. Threads started later inherit the mask.
base::UniqueFd BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&set, signal);
  }
  if (::pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0 || ::signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
      ::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) {
    return {};
  }
  return base::UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
}

// Returns when SIGTERM or SIGINT came; SIGHUP reloads. Gives back the pages of start-up once it has
// settled.
void WaitForEnd(const base::UniqueFd& signals, Agent& agent) {
  pollfd waiting = {.fd = signals.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, kSettleMs) == 0) {
    ReleaseStartupPages();
  }
  signalfd_siginfo info{};
  while (true) {
    const ssize_t size = ::read(signals.get(), &info, sizeof info);
    if (size != sizeof info && errno != EINTR) {
      return;
    }
    if (size == sizeof info && info.ssi_signo != SIGHUP) {
      return;
    }
    if (size == sizeof info) {
      sd_notify(0, "RELOADING=1");
      agent.Reload().IgnoreError();  // it has logged the outcome
      sd_notify(0, "READY=1");
    }
  }
}

// Ends the process when an orderly end takes longer than a drain: a TPM that never answers holds
// the thread that asked it.
void ExitSoon(int code) {
  std::thread([code] {
    std::this_thread::sleep_for(kExitLimit);
    base::Log(base::Severity::kWarning, "stopped without waiting for a device that hangs");
    ::_exit(code);
  }).detach();
}

// What libraries would read out of the environment of whoever starts us: proxies, authorities,
// resolver options, traces of gRPC and TSS with what they carry, and SSLKEYLOGFILE, into which
// libcurl writes the secrets of TLS. Before any of them looks.
void ScrubEnvironment() {
  constexpr std::array<std::string_view, 16> kPrefixes = {
      "SSL",  "OPENSSL", "CURL",   "GRPC",       "TSS2",       "TPM2",      "HTTP_",     "http_",
      "RES_", "HOSTAL",  "LOCALD", "ALL_PROXY=", "all_proxy=", "NO_PROXY=", "no_proxy=", "KRB5"};
  std::vector<std::string> doomed;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool proxy = text.starts_with("HTTPS_") || text.starts_with("https_");
    if (proxy || std::any_of(kPrefixes.begin(), kPrefixes.end(),
                             [&](std::string_view prefix) { return text.starts_with(prefix); })) {
      doomed.emplace_back(text.substr(0, text.find('=')));
    }
  }
  for (const std::string& name : doomed) {
    ::unsetenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): the only thread so far
  }
}

// Freed memory goes back to the kernel, so that one large reply does not stay with us.
void ReturnFreedMemory() {
  constexpr int kBytes = 128 * 1024;
  // NOLINTBEGIN(concurrency-mt-unsafe): the only thread so far
  ::mallopt(M_MMAP_THRESHOLD, kBytes);
  ::mallopt(M_TRIM_THRESHOLD, kBytes);
  // NOLINTEND(concurrency-mt-unsafe)
}

// Waits, early in a boot, until the kernel has random bytes. Without them no key, no nonce and no
// retry is what it should be.
absl::Status AwaitEntropy() {
  constexpr size_t kBytes = 32;
  return base::Annotate(base::RandomBytes(kBytes).status(),
                        "the kernel gives no random bytes (getrandom)");
}

// sysexits(3), EX_CONFIG: the unit does not try it again.
constexpr int kBadConfigExit = 78;
// A payload of statuses that end with it.
constexpr char kIsBadConfig[] = "attestd/bad-config";

absl::StatusOr<Config> LoadConfig(const ConfigSource& source) {
  absl::StatusOr<Config> config = source.Load();
  if (config.ok()) {
    return config;
  }
  absl::Status bad = config.status();
  bad.SetPayload(kIsBadConfig, absl::Cord());
  return bad;
}

absl::Status RunAgent(const ConfigSource& source, const base::UniqueFd& signals) {
  ASSIGN_OR_RETURN(const Config config, LoadConfig(source));
  RETURN_IF_ERROR(AwaitEntropy());
  RETURN_IF_ERROR(SetUpSecretMemory());
  const std::vector<tee::Backend> backends = tee::BuiltInBackends();
  ASSIGN_OR_RETURN(std::unique_ptr<Agent> agent,
                   StartAgent(config, backends, [&source] { return source.Load(); }));
  sd_notify(0, "READY=1");
  WaitForEnd(signals, *agent);
  sd_notify(0, "STOPPING=1");
  base::Log(base::Severity::kNotice, "stopping");
  absl::Status failure = agent->Failure();
  ExitSoon(failure.ok() ? 0 : 1);
  agent.reset();
  return failure;
}

absl::Status Serve(const ConfigSource& source, const base::UniqueFd& signals) {
  ASSIGN_OR_RETURN(const std::string socket, source.UpstreamSocket());
  if (!socket.empty()) {
    ASSIGN_OR_RETURN(const bool served, IsServedByAttestd(socket));
    if (served) {
      EnterStandInSandbox();
      sd_notify(0, "READY=1");
      return KeepPlace(socket, signals);
    }
  }
  return RunAgent(source, signals);
}

absl::Status RunRest(const RestCommand& command, const CommandLine& line,
                     const base::UniqueFd& signals) {
  if (line.print_config || line.check_config) {
    RETURN_IF_ERROR(CheckRestCommand(command));
    std::cout << (line.print_config ? RestListenerText(command) : "ok\n") << std::flush;
    return absl::OkStatus();
  }
  return KeepRestPlace(command, signals);
}

absl::Status Run(const CommandLine& line, const compat::Environment& environment) {
  if (const absl::Status forbidden = base::ForbidDumps(); !forbidden.ok()) {
    base::Log(base::Severity::kWarning, base::StatusText(forbidden));
  }
  const base::UniqueFd signals = BlockSignals();
  if (!signals.valid()) {
    return absl::InternalError("signals could not be set up");
  }
  if (line.rest.has_value()) {
    return RunRest(*line.rest, line, signals);
  }
  const ConfigSource source(line, environment, tee::BuiltInBackends());
  if (line.print_config) {
    ASSIGN_OR_RETURN(const std::string text, source.Print());
    std::cout << text << std::flush;
    return absl::OkStatus();
  }
  if (line.check_config) {
    RETURN_IF_ERROR(source.Load().status());
    std::cout << source.name() << ": ok" << std::endl;
    return absl::OkStatus();
  }
  return Serve(source, signals);
}

int Main(int argc, char** argv) {
  // Debian builds Abseil without NDEBUG: every lock, gRPC's too, would walk a graph of locks, and
  // a suspected cycle would abort the process.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const compat::Environment environment = ReadUpstreamEnvironment();
  ScrubEnvironment();
  ReturnFreedMemory();
  const ParsedCommandLine parsed = ParseCommandLine(argc, argv);
  if (parsed.exit.has_value()) {
    return *parsed.exit;
  }
  ::umask(0077);
  const absl::Status status = Run(parsed.line, environment);
  if (!status.ok()) {
    base::Log(base::Severity::kError, "attestd cannot run: " + std::string(status.message()));
    return status.GetPayload(kIsBadConfig).has_value() ? kBadConfigExit : 1;
  }
  return 0;
}

}  // namespace
}  // namespace attestd::agent

int main(int argc, char** argv) {
  try {
    return attestd::agent::Main(argc, argv);
  } catch (const std::exception&) {
    // Its text is not ours to print.
    attestd::base::Log(attestd::base::Severity::kError,
                       "attestd cannot run: out of memory, or a library threw");
    return 1;
  }
}
