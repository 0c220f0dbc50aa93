// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_TLS_SERVER_H_
#define ATTESTD_TEST_FAKES_TLS_SERVER_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <openssl/types.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/handle.h"
#include "base/status.h"
#include "test/fakes/loopback_listener.h"

namespace attestd::fakes {

struct TlsServerOptions {
  std::string certificate_pem = {};
  std::string key_pem = {};
  // The n-th request gets the n-th text; the connection is closed where it says "Connection:
  // close".
  std::vector<std::string> answers = {};
  // Asks for a client certificate of these authorities; empty: asks for none.
  std::string client_ca_pem = {};
  int max_version = 0;        // TLS1_1_VERSION and the like; 0: the newest
  std::string ciphers = {};   // of TLS 1.2 and before; empty: all
  bool renegotiates = false;  // before its first answer; TLS 1.2
  bool hangs_up = false;      // resets each connection after the handshake
};

// A TLS server on loopback that refuses nothing by itself (security level 0) and hands out session
// tickets. One connection at a time.
class TlsServer {
 public:
  enum class Renegotiation { kNotTried, kRefused, kDone };
  struct Seen {
    int handshakes = 0;  // that ended well
    int resumed = 0;     // of these, without a certificate
    Renegotiation renegotiation = Renegotiation::kNotTried;
    std::string client;   // the client certificate's subject, on one line
    std::string version;  // "TLSv1.3"
    std::vector<std::string> requests;
  };

  // Settings that OpenSSL refuses are an error.
  static absl::StatusOr<std::unique_ptr<TlsServer>> Start(TlsServerOptions options);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  uint16_t port() const { return listener_.port(); }
  // "https://127.0.0.1:port" + path
  std::string Url(const std::string& path) const;
  Seen seen() const;

 private:
  using Context = std::shared_ptr<SSL_CTX>;
  TlsServer(TlsServerOptions options, Context context);
  void Run();
  void Serve(SSL* tls, size_t& next);
  void NoteHandshake(SSL* tls);
  void Renegotiate(SSL* tls);

  const TlsServerOptions options_;
  const Context context_;
  const LoopbackListener listener_;
  mutable absl::Mutex mutex_;
  Seen seen_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_TLS_SERVER_H_
