// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_SUPPORT_RAW_SOCKET_H_
#define ATTESTD_TEST_SUPPORT_RAW_SOCKET_H_

#include <string>
#include <utility>

#include "base/handle.h"

namespace attestd::test {

// A connected stream socket on which a test says what it likes. Fails the test when the other side
// neither takes nor sends anything for 30 s.
class RawSocket {
 public:
  explicit RawSocket(base::UniqueFd socket);

  void Write(const std::string& bytes);
  // What is there, at least one byte, at most so many; "" when the other side has hung up.
  std::string Read(size_t at_most = size_t{64} << 10);
  // Exactly so many; "" when the other side hangs up before.
  std::string ReadExactly(size_t size);
  void Leave() { socket_.reset(); }
  int socket() const { return socket_.get(); }

 private:
  base::UniqueFd socket_;
};

// Two ends of one connection.
std::pair<base::UniqueFd, base::UniqueFd> SocketPair();

}  // namespace attestd::test

#endif  // ATTESTD_TEST_SUPPORT_RAW_SOCKET_H_
