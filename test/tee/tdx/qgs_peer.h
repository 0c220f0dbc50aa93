// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TEE_TDX_QGS_PEER_H_
#define ATTESTD_TEST_TEE_TDX_QGS_PEER_H_

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "base/handle.h"
#include "test/support/temp_dir.h"

namespace attestd::tee::tdx {

// A quote generation service at a unix socket for one connection: reads a framed request and sends
// what the test says, byte for byte. Nothing said: waits until the other side goes away.
class QgsPeer {
 public:
  using Answer = std::function<base::Bytes(base::ByteView request)>;

  explicit QgsPeer(Answer answer)
      : answer_(std::move(answer)), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_.get(), 1);
    thread_ = std::thread([this] { Serve(); });
  }
  ~QgsPeer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  QgsPeer(const QgsPeer&) = delete;
  QgsPeer& operator=(const QgsPeer&) = delete;

  std::string path() const { return folder_.File("qgs.socket"); }

 private:
  void Serve() {
    const base::UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
    if (!peer.valid()) {
      return;
    }
    base::Bytes front = Receive(peer.get(), 4);
    const size_t size = front.size() == 4 ? (size_t{front[0]} << 24) + (size_t{front[1]} << 16) +
                                                (size_t{front[2]} << 8) + front[3]
                                          : 0;
    const base::Bytes reply = answer_(Receive(peer.get(), size));
    size_t sent = 0;
    while (sent < reply.size()) {
      const ssize_t count =
          ::send(peer.get(), reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) {
        return;
      }
      sent += static_cast<size_t>(count);
    }
    if (reply.empty()) {
      static_cast<void>(Receive(peer.get(), 1));
    }
  }

  static base::Bytes Receive(int fd, size_t size) {
    base::Bytes bytes(size);
    const ssize_t count = ::recv(fd, bytes.data(), size, MSG_WAITALL);
    bytes.resize(static_cast<size_t>(count > 0 ? count : 0));
    return bytes;
  }

  const Answer answer_;
  const test::TempDir folder_;
  const base::UniqueFd listener_;
  std::thread thread_;
};

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEST_TEE_TDX_QGS_PEER_H_
