// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/wire_stream.h"

#include <absl/time/clock.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/openssl_error.h"

namespace attestd::dev_kbs {
namespace {

constexpr absl::Duration kWritePatience = absl::Seconds(120);
constexpr absl::Duration kHandshakePatience = absl::Seconds(30);

int Milliseconds(absl::Duration time) {
  return static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(time), 0, INT_MAX));
}

}  // namespace

WireStream::WireStream(base::UniqueFd socket, int stop) : socket_(std::move(socket)), stop_(stop) {
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
}

bool WireStream::Await(short events, absl::Duration patience) const {
  std::array<pollfd, 2> fds = {{{socket_.get(), events, 0}, {stop_, POLLIN, 0}}};
  int ready = 0;
  do {
    ready = ::poll(fds.data(), fds.size(), Milliseconds(patience));
  } while (ready < 0 && errno == EINTR);
  return ready > 0 && fds[1].revents == 0;
}

bool WireStream::Again(int result, short events, absl::Duration patience) const {
  if (tls_ == nullptr) {
    return (errno == EAGAIN || errno == EINTR) && Await(events, patience);
  }
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Await(POLLIN, patience);
    case SSL_ERROR_WANT_WRITE:
      return Await(POLLOUT, patience);
    default:
      return false;
  }
}

absl::Status WireStream::Secure(SSL_CTX& context) {
  tls_.reset(SSL_new(&context));
  if (tls_ == nullptr || SSL_set_fd(tls_.get(), socket_.get()) != 1) {
    return base::OpensslError("TLS");
  }
  int result = 0;
  do {
    ERR_clear_error();
    result = SSL_accept(tls_.get());
  } while (result != 1 && Again(result, POLLIN, kHandshakePatience));
  return result == 1 ? absl::OkStatus()
                     : base::MakeStatus(absl::StatusCode::kUnavailable, "TLS handshake failed");
}

size_t WireStream::Read(char* data, size_t size, absl::Duration patience) {
  const int most = static_cast<int>(std::min<size_t>(size, INT_MAX));
  while (true) {
    ERR_clear_error();
    const int result = tls_ != nullptr ? SSL_read(tls_.get(), data, most)
                                       : static_cast<int>(::recv(socket_.get(), data, size, 0));
    if (result > 0) {
      return static_cast<size_t>(result);
    }
    if (result == 0 || !Again(result, POLLIN, patience)) {
      return 0;
    }
  }
}

bool WireStream::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    const int most = static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX));
    const int result =
        tls_ != nullptr
            ? SSL_write(tls_.get(), bytes.data(), most)
            : static_cast<int>(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (result > 0) {
      bytes.remove_prefix(static_cast<size_t>(result));
    } else if (!Again(result, POLLOUT, kWritePatience)) {
      return false;
    }
  }
  return true;
}

bool WireStream::Pause(absl::Duration time) {
  const absl::Time until = absl::Now() + time;
  // The socket's events are left aside: a client may send its next request meanwhile.
  std::array<pollfd, 2> fds = {{{socket_.get(), POLLRDHUP, 0}, {stop_, POLLIN, 0}}};
  for (absl::Duration left = time; left > absl::ZeroDuration(); left = until - absl::Now()) {
    const int ready =
        ::poll(fds.data(), fds.size(), Milliseconds(absl::Ceil(left, absl::Milliseconds(1))));
    if (ready > 0) {
      return false;
    }
  }
  return true;
}

void WireStream::EndOurs() {
  if (tls_ != nullptr) {
    SSL_shutdown(tls_.get());
  }
  ::shutdown(socket_.get(), SHUT_WR);
}

void WireStream::AwaitTheirs() {
  std::array<char, 4096> dropped{};
  while (true) {
    const ssize_t result = ::recv(socket_.get(), dropped.data(), dropped.size(), 0);
    const bool again = result < 0 && (errno == EAGAIN || errno == EINTR);
    if (result == 0 || (result < 0 && !again) || !Await(POLLIN, absl::InfiniteDuration())) {
      return;
    }
  }
}

void WireStream::ResetAtEnd() {
  const linger abort = {1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
}

}  // namespace attestd::dev_kbs
