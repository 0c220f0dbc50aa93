// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_WIRE_STREAM_H_
#define ATTESTD_TEST_DEV_KBS_WIRE_STREAM_H_

#include <absl/time/time.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <string_view>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// An accepted connection, with TLS or without, whose end can be made as one likes. Every wait ends
// when `stop` becomes readable.
class WireStream {
 public:
  // `stop` is a file descriptor that outlives the stream.
  WireStream(base::UniqueFd socket, int stop);

  // The server's side of the handshake. Unavailable when it fails.
  absl::Status Secure(SSL_CTX& context);

  // Up to `size` bytes; 0 at the end, after `patience` without any, and when stopped.
  size_t Read(char* data, size_t size, absl::Duration patience);
  // False when not all could be sent.
  bool Write(std::string_view bytes);
  // Waits; false when stopped, or when the other side ended.
  bool Pause(absl::Duration time);

  // Ends our way: close_notify with TLS, then FIN.
  void EndOurs();
  // Reads on and forgets until the other side ends, or when stopped.
  void AwaitTheirs();
  // RST instead of FIN when the stream goes.
  void ResetAtEnd();

 private:
  // Waits for the socket; false after `patience` and when stopped.
  bool Await(short events, absl::Duration patience) const;
  // Whether a call that returned `result` is worth repeating, after the wait that it needs.
  bool Again(int result, short events, absl::Duration patience) const;

  base::UniqueFd socket_;
  int stop_;
  base::Handle<SSL, SSL_free> tls_;
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_WIRE_STREAM_H_
