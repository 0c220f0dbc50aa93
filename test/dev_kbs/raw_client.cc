// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/raw_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace attestd::dev_kbs {
namespace {

void Must(bool good, const char* what) {
  if (!good) {
    throw std::runtime_error(what);
  }
}

}  // namespace

RawClient::RawClient(int port, bool tls) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Must(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0,
       "connect");
  if (!tls) {
    return;
  }
  context_.reset(SSL_CTX_new(TLS_client_method()));
  tls_.reset(SSL_new(context_.get()));
  SSL_set_fd(tls_.get(), socket_.get());
  Must(SSL_connect(tls_.get()) == 1, "TLS");
  // What arrives can be TLS's own and no bytes of the server's.
  ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
}

void RawClient::Send(std::string_view bytes) {
  if (tls_ != nullptr) {
    Must(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0, "TLS write");
  } else {
    Must(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0, "write");
  }
}

std::optional<int> RawClient::Read(char* data, int size) {
  if (tls_ == nullptr) {
    return static_cast<int>(::recv(socket_.get(), data, static_cast<size_t>(size), 0));
  }
  ERR_clear_error();
  const int got = SSL_read(tls_.get(), data, size);
  switch (SSL_get_error(tls_.get(), got)) {
    case SSL_ERROR_NONE:
      return got;
    case SSL_ERROR_WANT_READ:
      return std::nullopt;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    default:
      return -1;
  }
}

Received RawClient::Receive(absl::Duration patience, size_t most) {
  Received received;
  std::array<char, 16384> data{};
  while (received.bytes.size() < most) {
    pollfd fd = {socket_.get(), POLLIN, 0};
    const bool pending = tls_ != nullptr && SSL_pending(tls_.get()) > 0;
    if (!pending && ::poll(&fd, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) == 0) {
      return received;
    }
    const std::optional<int> got = Read(data.data(), static_cast<int>(data.size()));
    if (!got.has_value()) {
      continue;
    }
    if (*got <= 0) {
      received.end = *got == 0 ? Received::End::kClosed : Received::End::kReset;
      return received;
    }
    received.bytes.append(data.data(), static_cast<size_t>(*got));
  }
  return received;
}

std::string RawClient::ReceiveAnswer() {
  constexpr std::string_view kLength = "Content-Length: ";
  std::string bytes = std::exchange(kept_, {});
  while (true) {
    const size_t head = bytes.find("\r\n\r\n");
    if (head != std::string::npos) {
      const size_t length = bytes.find(kLength);
      Must(length < head, "no length");
      const size_t body =
          static_cast<size_t>(std::strtoul(bytes.c_str() + length + kLength.size(), nullptr, 10));
      if (bytes.size() >= head + 4 + body) {
        kept_ = bytes.substr(head + 4 + body);  // of the next answer
        return bytes.substr(0, head + 4 + body);
      }
    }
    const Received one = Receive(absl::Seconds(20), 1);
    Must(!one.bytes.empty(), "the answer ends too soon");
    bytes += one.bytes;
  }
}

}  // namespace attestd::dev_kbs
