// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/wire_server.h"

#include <absl/time/clock.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/openssl_error.h"
#include "test/dev_kbs/wire_request.h"

namespace attestd::dev_kbs {
namespace {

constexpr size_t kMaxHead = size_t{128} << 10;  // actix's limit
constexpr size_t kMaxBody = size_t{2} << 20;    // Trustee's payload_request_size
constexpr int kBacklog = 512;
constexpr absl::Duration kIdle = absl::Seconds(120);
constexpr int kDripsPerSecond = 10;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

using Addresses = base::Handle<addrinfo, freeaddrinfo>;

absl::StatusOr<Addresses> Resolve(const ServerOptions& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(options.host.c_str(), std::to_string(options.port).c_str(), &hints, &found) !=
      0) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, "no such address: " + options.host);
  }
  return Addresses(found);
}

int LocalPort(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return address.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

// Writes to a connection that the client ended give an error, not a signal. Held back in this
// thread and those that it starts.
void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

WireAnswer Refusal(int status, const std::string& text) {
  WireAnswer answer;
  answer.status = status;
  answer.headers = {{"Content-Type", "text/plain"}};
  answer.body = text;
  answer.ending = Ending::kClose;
  return answer;
}

// Reads until the text is in the buffer; false when it does not come.
bool ReadUntil(WireStream& stream, std::string& buffer, std::string_view end) {
  std::array<char, 16384> data{};
  while (buffer.find(end) == std::string::npos) {
    const size_t size = stream.Read(data.data(), data.size(), kIdle);
    buffer.append(data.data(), size);
    if (size == 0 || buffer.size() > kMaxHead + kMaxBody) {
      return false;
    }
  }
  return true;
}

bool ReadBody(WireStream& stream, std::string& buffer, size_t length) {
  std::array<char, 16384> data{};
  while (buffer.size() < length) {
    const size_t size = stream.Read(data.data(), data.size(), kIdle);
    buffer.append(data.data(), size);
    if (size == 0) {
      return false;
    }
  }
  return true;
}

bool SendBytes(WireStream& stream, std::string_view bytes, size_t per_second) {
  if (per_second == 0) {
    return stream.Write(bytes);
  }
  const size_t step = std::max<size_t>(per_second / kDripsPerSecond, 1);
  const absl::Duration pause =
      absl::Seconds(1) * static_cast<double>(step) / static_cast<double>(per_second);
  while (!bytes.empty()) {
    const std::string_view some = bytes.substr(0, step);
    if (!stream.Write(some) || !stream.Pause(pause)) {
      return false;
    }
    bytes.remove_prefix(some.size());
  }
  return true;
}

// True when the connection goes on.
bool End(WireStream& stream, Ending ending) {
  switch (ending) {
    case Ending::kKeep:
      return true;
    case Ending::kReset:
      stream.ResetAtEnd();
      return false;
    case Ending::kClose:
    case Ending::kHalfClose:
      // Whatever the client still sends is read, or the kernel would reset instead.
      stream.EndOurs();
      break;
    case Ending::kSilence:
      break;
  }
  stream.AwaitTheirs();
  return false;
}

}  // namespace

WireServer::WireServer(Handler handler, AcceptHook hook)
    : handler_(std::move(handler)), hook_(std::move(hook)) {}

WireServer::~WireServer() { Stop(); }

absl::Status WireServer::UseTls(const ServerOptions& options) {
  if (options.cert.empty() && options.key.empty()) {
    return absl::OkStatus();
  }
  tls_.reset(SSL_CTX_new(TLS_server_method()));
  if (tls_ == nullptr || SSL_CTX_set_min_proto_version(tls_.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_use_certificate_chain_file(tls_.get(), options.cert.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls_.get(), options.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "cannot use the certificate " + options.cert + " with the key " + options.key);
  }
  SSL_CTX_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return absl::OkStatus();
}

absl::Status WireServer::Listen(const ServerOptions& options) {
  ASSIGN_OR_RETURN(const Addresses addresses, Resolve(options));
  listener_.reset(::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  stop_.reset(::eventfd(0, EFD_CLOEXEC));
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!stop_.valid() || ::bind(listener_.get(), addresses->ai_addr, addresses->ai_addrlen) != 0 ||
      ::listen(listener_.get(), kBacklog) != 0) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, "cannot listen on " + options.host +
                                                                ":" + std::to_string(options.port));
  }
  port_ = LocalPort(listener_.get());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<WireServer>> WireServer::Start(const ServerOptions& options,
                                                              Handler handler, AcceptHook hook) {
  std::unique_ptr<WireServer> server(new WireServer(std::move(handler), std::move(hook)));
  RETURN_IF_ERROR(server->UseTls(options));
  RETURN_IF_ERROR(server->Listen(options));
  server->thread_ = std::thread(
      [raw = server.get(), on_failure = options.on_failure] { raw->AcceptAll(on_failure); });
  return server;
}

void WireServer::Stop() {
  if (!thread_.joinable()) {
    return;
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
  thread_.join();
  const absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](int* connections) { return *connections == 0; }, &connections_));
}

void WireServer::AcceptAll(const std::function<void()>& on_failure) {
  BlockSigpipe();
  std::array<pollfd, 2> fds = {{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (true) {
    const int ready = ::poll(fds.data(), fds.size(), -1);
    if (ready > 0 && fds[1].revents != 0) {
      return;
    }
    base::UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.valid()) {
      if (errno == EMFILE || errno == ENFILE) {
        absl::SleepFor(absl::Milliseconds(10));  // until connections have ended
        continue;
      }
      if (errno == EINTR || errno == EAGAIN || errno == ECONNABORTED) {
        continue;
      }
      break;
    }
    {
      const absl::MutexLock lock(&mutex_);
      ++connections_;
    }
    std::thread([this, held = std::move(socket)]() mutable {
      Serve(std::move(held));
      const absl::MutexLock lock(&mutex_);
      --connections_;
    }).detach();
  }
  if (on_failure) {
    on_failure();
  }
}

void WireServer::Serve(base::UniqueFd socket) {
  WireStream stream(std::move(socket), stop_.get());
  if (const std::optional<WireAnswer> fault = hook_(); fault.has_value()) {
    if (!stream.Pause(fault->delay) || !End(stream, fault->ending)) {
      return;
    }
  }
  if (tls_ != nullptr && !stream.Secure(*tls_).ok()) {
    return;
  }
  std::string buffer;
  while (ServeRequest(stream, buffer)) {
  }
}

bool WireServer::ServeRequest(WireStream& stream, std::string& buffer) {
  if (!ReadUntil(stream, buffer, kHeadEnd)) {
    return false;
  }
  const size_t head_size = buffer.find(kHeadEnd) + kHeadEnd.size();
  absl::StatusOr<RequestHead> head =
      ParseRequestHead(std::string_view(buffer).substr(0, head_size));
  buffer.erase(0, head_size);
  if (!head.ok() || head_size > kMaxHead) {
    constexpr int kBadRequest = 400;
    return Send(stream, Refusal(kBadRequest, "bad request"), false);
  }
  if (head->content_length > kMaxBody) {
    constexpr int kTooLarge = 413;
    return Send(stream, Refusal(kTooLarge, "payload reached size limit"), false);
  }
  if (head->expects_continue && !stream.Write("HTTP/1.1 100 Continue\r\n\r\n")) {
    return false;
  }
  if (!ReadBody(stream, buffer, head->content_length)) {
    return false;
  }
  head->request.body = buffer.substr(0, head->content_length);
  buffer.erase(0, head->content_length);
  return Send(stream, handler_(head->request), head->keep_alive);
}

bool WireServer::Send(WireStream& stream, const WireAnswer& answer, bool keep_alive) {
  if (!stream.Pause(answer.delay) ||
      !SendBytes(stream, WireBytes(answer), answer.bytes_per_second)) {
    return false;
  }
  while (!answer.endless.empty()) {
    if (!SendBytes(stream, answer.endless, answer.bytes_per_second)) {
      return false;
    }
  }
  const bool keep = answer.ending == Ending::kKeep && keep_alive;
  return End(stream, answer.ending == Ending::kKeep && !keep ? Ending::kClose : answer.ending);
}

}  // namespace attestd::dev_kbs
