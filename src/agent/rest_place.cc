// SPDX-License-Identifier: Apache-2.0
#include "agent/rest_place.h"

#include <absl/time/clock.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <string_view>
#include <utility>

#include "agent/beside.h"
#include "agent/current_policy.h"
#include "agent/handover.h"
#include "agent/listening_socket.h"
#include "agent/sandbox_rules.h"
#include "base/deadline.h"
#include "base/log.h"
#include "base/socket_address.h"
#include "compat/place.h"

namespace attestd::agent {
namespace {

constexpr int kPauseMs = 100;
constexpr int kAnswerMs = 5000;
constexpr absl::Duration kLetGo = absl::Seconds(2);
constexpr size_t kMaxAnswer = 512;

enum class End { kSignal, kGone };

// What attestd answers: OK, or what is wrong. Unavailable when it goes away instead.
absl::Status ReadAnswer(const base::UniqueFd& connection) {
  std::array<char, kMaxAnswer> text{};
  const ssize_t size = ::recv(connection.get(), text.data(), text.size(), MSG_DONTWAIT);
  std::string_view line(text.data(), size > 0 ? static_cast<size_t>(size) : 0);
  if (line.empty()) {
    return absl::UnavailableError("it went away");
  }
  line = line.substr(0, line.find('\n'));
  return line == kHandoverDone ? absl::OkStatus()
                               : absl::FailedPreconditionError(std::string(line));
}

// One life of the attestd that serves.
absl::StatusOr<End> ServedBy(const base::UniqueFd& connection, const base::UniqueFd& socket,
                             const RestCommand& command, const base::UniqueFd& signals) {
  if (!SendHandover(connection, socket, command.features).ok()) {
    return End::kGone;
  }
  Event event = WaitBeside(signals, connection, kAnswerMs);
  if (event != Event::kReadable) {
    return event == Event::kEnd ? End::kSignal : End::kGone;
  }
  const absl::Status answer = ReadAnswer(connection);
  if (absl::IsUnavailable(answer)) {
    return End::kGone;
  }
  RETURN_IF_ERROR(base::Annotate(answer, command.server() + " does not serve REST"));
  base::Log(base::Severity::kNotice, "REST is served by attestd",
            {{"address", command.bind}, {"by", command.server()}});
  event = WaitBeside(signals, connection, -1);
  return event == Event::kEnd ? End::kSignal : End::kGone;
}

// An attestd that serves the socket of our last life lets go of it when it has seen our end.
absl::StatusOr<base::UniqueFd> ListenSoon(const std::string& address) {
  const base::Deadline deadline = base::Deadline::After(kLetGo);
  while (true) {
    absl::StatusOr<base::UniqueFd> socket = ListenOnLoopback(address);
    if (socket.ok() || deadline.Expired()) {
      return socket;
    }
    absl::SleepFor(absl::Milliseconds(kPauseMs));
  }
}

}  // namespace

absl::Status CheckRestCommand(const RestCommand& command) {
  const auto bad = [](const std::string& what) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "api-server-rest: " + what);
  };
  if (command.features != "resource" && command.features != "attestation" &&
      command.features != "all") {
    return bad("--features: expected resource, attestation or all");
  }
  if (!base::ParseLoopback(command.bind).ok()) {
    return bad(
        "--bind: expected an address of loopback, like 127.0.0.1:8006; on any other whoever is on "
        "the network could ask");
  }
  return base::Annotate(compat::ParseUnixAddress(command.server()).status(), "api-server-rest");
}

std::string RestListenerText(const RestCommand& command) {
  const policy::Rights rights = AccessOfPassed(command.features).rights;
  const bool resources = rights.contains(policy::Right::kResource);
  return "[[listener]]\naddress = \"" + command.bind + "\"\nprotocol = \"rest\"\nfeatures = \"" +
         command.features + "\"\nrights = [" + policy::RightWords(rights) + "]\n" +
         (resources ? "allow = [\"*\"]\n" : "");
}

absl::Status KeepRestPlace(const RestCommand& command, const base::UniqueFd& signals) {
  RETURN_IF_ERROR(CheckRestCommand(command));
  ASSIGN_OR_RETURN(const std::string path, compat::ParseUnixAddress(command.server()));
  ASSIGN_OR_RETURN(const base::UniqueFd socket, ListenSoon(command.bind));
  EnterStandInSandbox();
  sd_notify(0, "READY=1");
  bool told = false;
  while (true) {
    const base::UniqueFd connection = ConnectTo(path);
    if (connection.valid()) {
      told = false;
      ASSIGN_OR_RETURN(const End end, ServedBy(connection, socket, command, signals));
      if (end == End::kSignal) {
        return absl::OkStatus();
      }
    }
    if (!std::exchange(told, true)) {
      base::Log(base::Severity::kWarning, "no attestd serves REST; callers wait until one does",
                {{"address", command.bind}, {"expected_at", path}});
    }
    if (WaitBeside(signals, {}, kPauseMs) == Event::kEnd) {
      return absl::OkStatus();
    }
  }
}

}  // namespace attestd::agent
