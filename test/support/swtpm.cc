// SPDX-License-Identifier: Apache-2.0
#include "test/support/swtpm.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "base/deadline.h"
#include "base/file.h"
#include "base/handle.h"

namespace attestd::test {
namespace {

constexpr absl::Duration kStartTime = absl::Seconds(20);
constexpr absl::Duration kToolTime = absl::Seconds(30);

base::UniqueFd TcpSocket() {
  return base::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Binds to the port (0: any free one) and returns the port; nothing when it is taken.
std::optional<uint16_t> Bind(const base::UniqueFd& socket, uint16_t port) {
  sockaddr_in address = Loopback(port);
  socklen_t size = sizeof(address);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return std::nullopt;
  }
  return ntohs(address.sin_port);
}

// Two free ports in a row: tpm2-tss looks for the control channel one above the commands.
std::optional<uint16_t> FreePair() {
  constexpr uint16_t kLast = 65535;
  const base::UniqueFd first = TcpSocket();
  const base::UniqueFd second = TcpSocket();
  const std::optional<uint16_t> port = Bind(first, 0);
  if (!port.has_value() || *port == kLast ||
      !Bind(second, static_cast<uint16_t>(*port + 1)).has_value()) {
    return std::nullopt;
  }
  return port;
}

bool Accepts(uint16_t port) {
  const base::UniqueFd socket = TcpSocket();
  const sockaddr_in address = Loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

absl::StatusOr<std::string> MakeStateDir() {
  std::string path = (std::filesystem::temp_directory_path() / "attestd-swtpm-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) {
    return base::ErrnoStatus(errno, path);
  }
  return path;
}

ProcessOptions SwtpmCommand(const std::string& state_dir, uint16_t port) {
  return {.argv = {"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state_dir, "--server",
                   "type=tcp,port=" + std::to_string(port), "--ctrl",
                   "type=tcp,port=" + std::to_string(port + 1), "--flags",
                   "not-need-init,startup-clear"},
          .env = {}};
}

// Waits until the emulator takes connections on both ports. Unavailable when it ended first: the
// port was lost to another.
absl::Status WaitUntilReady(Process& process, uint16_t port) {
  const base::Deadline deadline = base::Deadline::After(kStartTime);
  while (!Accepts(port) || !Accepts(static_cast<uint16_t>(port + 1))) {
    if (deadline.Expired()) {
      return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "swtpm does not come up");
    }
    if (process.Wait(absl::Milliseconds(5)).ok()) {
      break;
    }
  }
  if (!process.Running()) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, "swtpm ended: " + process.Err());
  }
  return absl::OkStatus();
}

}  // namespace

bool Swtpm::Available() {
  for (const char* program : {"swtpm", "tpm2_getcap"}) {
    if (!IsInstalled(program)) {
      static_cast<void>(std::fprintf(stderr, "SKIPPED: %s is not installed\n", program));
      return false;
    }
  }
  return true;
}

absl::StatusOr<Swtpm> Swtpm::StartAt(uint16_t port) {
  ASSIGN_OR_RETURN(std::string state_dir, MakeStateDir());
  absl::StatusOr<Process> process = Process::Start(SwtpmCommand(state_dir, port));
  if (!process.ok()) {
    std::filesystem::remove_all(state_dir);
    return process.status();
  }
  Swtpm swtpm(std::move(state_dir), port, *std::move(process));
  RETURN_IF_ERROR(WaitUntilReady(swtpm.process_, port));
  return swtpm;
}

absl::StatusOr<Swtpm> Swtpm::Start() {
  constexpr int kTries = 20;
  absl::Status last = base::MakeStatus(absl::StatusCode::kUnavailable, "no two free ports");
  for (int i = 0; i < kTries; ++i) {
    const std::optional<uint16_t> port = FreePair();
    if (!port.has_value()) {
      continue;
    }
    absl::StatusOr<Swtpm> swtpm = StartAt(*port);
    if (swtpm.ok() || !absl::IsUnavailable(swtpm.status())) {
      return swtpm;
    }
    last = swtpm.status();
  }
  return last;
}

Swtpm::~Swtpm() {
  process_.Kill();
  // Empty after a move.
  if (!state_dir_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(state_dir_, ignored);
  }
}

std::string Swtpm::tcti() const { return "swtpm:host=127.0.0.1,port=" + std::to_string(port_); }

absl::StatusOr<std::string> Swtpm::Tool(std::vector<std::string> argv) const {
  return Tool(std::move(argv), tcti());
}

absl::StatusOr<std::string> Swtpm::Tool(std::vector<std::string> argv, const std::string& tcti) {
  const std::string name = argv.at(0);
  ASSIGN_OR_RETURN(
      ProcessResult result,
      RunProcess({.argv = std::move(argv), .env = {"TPM2TOOLS_TCTI=" + tcti}}, kToolTime));
  if (result.exit != 0) {
    return base::MakeStatus(absl::StatusCode::kInternal, name + ": " + result.err);
  }
  return std::move(result.out);
}

}  // namespace attestd::test
