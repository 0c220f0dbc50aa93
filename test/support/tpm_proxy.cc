// SPDX-License-Identifier: Apache-2.0
#include "test/support/tpm_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/byte_reader.h"
#include "base/file.h"

namespace attestd::test {
namespace {

constexpr size_t kHeaderSize = 10;  // tag, size, command code (part 1, 18)
constexpr size_t kMaxCommand = 8192;
constexpr int kTickMs = 5;
constexpr int kBacklog = 64;
constexpr int kAnswerSeconds = 30;

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

base::UniqueFd ListenOn(uint16_t port) {
  base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return {};
  }
  return socket;
}

uint16_t PortOf(const base::UniqueFd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

base::UniqueFd ConnectTo(uint16_t port) {
  base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience = {.tv_sec = kAnswerSeconds, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const sockaddr_in address = Loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return {};
  }
  return socket;
}

// Exactly `size` more bytes; false at the end of the stream.
bool Receive(int fd, size_t size, base::Bytes& into) {
  const size_t wanted = into.size() + size;
  std::array<uint8_t, kMaxCommand> buffer{};
  while (into.size() < wanted) {
    const ssize_t got = ::recv(fd, buffer.data(), wanted - into.size(), 0);
    if (got <= 0) {
      return false;
    }
    into.insert(into.end(), buffer.begin(), buffer.begin() + got);
  }
  return true;
}

// One command or answer: its header says how long it is.
std::optional<base::Bytes> ReceiveMessage(int fd) {
  base::Bytes message;
  if (!Receive(fd, kHeaderSize, message)) {
    return std::nullopt;
  }
  base::ByteReader reader(base::ByteView(message).subspan(2));
  const uint32_t size = *reader.ReadU32Be();
  if (size < kHeaderSize || size > kMaxCommand || !Receive(fd, size - kHeaderSize, message)) {
    return std::nullopt;
  }
  return message;
}

bool SendAll(int fd, base::ByteView bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<TpmProxy>> TpmProxy::Start(uint16_t upstream,
                                                          std::unique_ptr<Watcher> watcher) {
  std::unique_ptr<TpmProxy> proxy(new TpmProxy(upstream, std::move(watcher)));
  RETURN_IF_ERROR(proxy->Listen());
  proxy->tpm_ = ConnectTo(upstream);
  if (!proxy->tpm_.valid()) {
    return base::ErrnoStatus(errno, "the emulator's port");
  }
  proxy->thread_ = std::thread([raw = proxy.get()] { raw->Run(); });
  return proxy;
}

TpmProxy::~TpmProxy() {
  ends_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

// Two free ports in a row: tpm2-tss looks for the control channel one above the commands.
absl::Status TpmProxy::Listen() {
  constexpr int kTries = 50;
  constexpr uint16_t kLast = 65535;
  for (int i = 0; i < kTries; ++i) {
    commands_ = ListenOn(0);
    port_ = PortOf(commands_);
    if (port_ == 0 || port_ == kLast) {
      continue;
    }
    control_ = ListenOn(static_cast<uint16_t>(port_ + 1));
    if (control_.valid()) {
      return absl::OkStatus();
    }
  }
  return base::MakeStatus(absl::StatusCode::kUnavailable, "no two free ports in a row");
}

void TpmProxy::Run() {
  const Send send = [this](base::ByteView command) { return Forward(command); };
  struct Client {
    base::UniqueFd fd;
    bool control;
  };
  std::vector<Client> clients;
  while (!ends_) {
    std::vector<pollfd> fds = {{.fd = commands_.get(), .events = POLLIN, .revents = 0},
                               {.fd = control_.get(), .events = POLLIN, .revents = 0}};
    for (const Client& client : clients) {
      fds.push_back({.fd = client.fd.get(), .events = POLLIN, .revents = 0});
    }
    ::poll(fds.data(), fds.size(), kTickMs);
    for (size_t i = clients.size(); i > 0; --i) {
      const bool ready = fds[i + 1].revents != 0;
      Client& client = clients[i - 1];
      if (ready &&
          !(client.control ? ServeControl(client.fd.get()) : ServeCommand(client.fd.get()))) {
        clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i - 1));
      }
    }
    for (const size_t i : {size_t{0}, size_t{1}}) {
      if (fds[i].revents != 0) {
        clients.push_back(
            {.fd = base::UniqueFd(::accept(fds[i].fd, nullptr, nullptr)), .control = i == 1});
      }
    }
    watcher_->OnTick(send);
  }
}

base::Bytes TpmProxy::Forward(base::ByteView command) {
  std::optional<base::Bytes> answer;
  if (SendAll(tpm_.get(), command)) {
    answer = ReceiveMessage(tpm_.get());
  }
  return answer.has_value() ? *std::move(answer) : base::Bytes();
}

// False when the client is to be let go.
bool TpmProxy::ServeCommand(int client) {
  const std::optional<base::Bytes> command = ReceiveMessage(client);
  if (!command.has_value()) {
    return false;
  }
  const base::Bytes answer = Forward(*command);
  if (answer.empty() || !SendAll(client, answer)) {
    return false;
  }
  watcher_->OnCommand(*command, answer, [this](base::ByteView more) { return Forward(more); });
  return true;
}

bool TpmProxy::ServeControl(int client) {
  std::array<uint8_t, kMaxCommand> buffer{};
  const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    return false;
  }
  const base::UniqueFd upstream = ConnectTo(static_cast<uint16_t>(upstream_ + 1));
  if (!SendAll(upstream.get(), {buffer.data(), static_cast<size_t>(got)})) {
    return false;
  }
  const ssize_t answered = ::recv(upstream.get(), buffer.data(), buffer.size(), 0);
  return answered > 0 && SendAll(client, {buffer.data(), static_cast<size_t>(answered)});
}

}  // namespace attestd::test
