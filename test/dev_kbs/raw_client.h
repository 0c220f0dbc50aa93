// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_RAW_CLIENT_H_
#define ATTESTD_TEST_DEV_KBS_RAW_CLIENT_H_

#include <absl/time/time.h>
#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/handle.h"

namespace attestd::dev_kbs {

// What came, byte for byte, and how it ended.
struct Received {
  enum class End { kClosed, kReset, kSilent };
  std::string bytes;
  End end = End::kSilent;
};

// A client that knows no HTTP, on loopback. Failures of its own throw.
class RawClient {
 public:
  RawClient(int port, bool tls);

  void Send(std::string_view bytes);
  // Everything until the other side ends; kSilent when nothing comes for `patience`, or at `most`
  // bytes.
  Received Receive(absl::Duration patience = absl::Seconds(20), size_t most = size_t{64} << 20);
  // One honest answer of HTTP with a Content-Length.
  std::string ReceiveAnswer();

 private:
  // How many bytes came; 0 at the end, negative for an error, nothing when there are none yet.
  std::optional<int> Read(char* data, int size);

  base::UniqueFd socket_;
  base::Handle<SSL_CTX, SSL_CTX_free> context_;
  base::Handle<SSL, SSL_free> tls_;
  std::string kept_;  // what came behind an answer
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_RAW_CLIENT_H_
