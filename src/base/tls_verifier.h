// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_TLS_VERIFIER_H_
#define ATTESTD_BASE_TLS_VERIFIER_H_

#include <openssl/types.h>

#include <array>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/http_clock.h"
#include "base/status.h"

namespace attestd::base {

// What is asked of a TLS peer's certificate beside its host name, which libcurl compares.
struct TlsPolicy {
  // A chain to a known authority, with dates. Otherwise only a key of enough bits is asked.
  bool asks_chain = true;
  // SHA-256 over the SubjectPublicKeyInfo; the peer's is one of them. Empty: any.
  std::vector<Bytes> pins;
};

// Judges the certificates of one connection: an https proxy's, where there is one, and then the
// server's. Must outlive the connection. One thread at a time.
class TlsVerifier {
 public:
  TlsVerifier(const HttpClock& clock, TlsPolicy server, bool has_proxy);
  TlsVerifier(const TlsVerifier&) = delete;
  TlsVerifier& operator=(const TlsVerifier&) = delete;
  ~TlsVerifier() = default;

  // A new connection begins.
  void Restart();
  // Prepares the next TLS layer of the connection: TLS 1.2 or later, AEAD and forward secrecy,
  // security level 2 (112 bits), no renegotiation, no session kept; dates judged by the clock.
  absl::Status Configure(SSL_CTX* context);
  // Why a certificate was refused, in words of ours: "the server's certificate has expired".
  // Empty when none was.
  const std::string& refusal() const { return refusal_; }
  // Whether a peer asked who we are: for a client certificate, and whether there was one to show.
  enum class Asked { kNo, kShown, kNoneToShow };
  Asked asked_for_identity() const { return asked_; }

 private:
  // What OpenSSL hands back to the callback.
  struct Layer {
    TlsVerifier* verifier = nullptr;
    const char* peer = "";
    TlsPolicy policy;
  };
  static int Verify(X509_STORE_CTX* store, void* layer);
  static int OnAskedForIdentity(SSL* tls, void* layer);
  int Refuse(const Layer& layer, int error);

  const HttpClock& clock_;
  std::array<Layer, 2> layers_;
  const size_t first_;
  size_t next_;
  std::string refusal_;
  Asked asked_ = Asked::kNo;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_TLS_VERIFIER_H_
