// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/tls_server.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <utility>

#include "base/openssl_error.h"

namespace attestd::fakes {
namespace {

using Bio = base::Handle<BIO, BIO_free_all>;
using X509Handle = base::Handle<X509, X509_free>;
using Key = base::Handle<EVP_PKEY, EVP_PKEY_free>;
using Tls = base::Handle<SSL, SSL_free>;

Bio Memory(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

bool AskForClient(SSL_CTX* context, const std::string& ca_pem) {
  const X509Handle ca(PEM_read_bio_X509(Memory(ca_pem).get(), nullptr, nullptr, nullptr));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  constexpr std::array<unsigned char, 1> kSessions = {'a'};
  SSL_CTX_set_session_id_context(context, kSessions.data(), kSessions.size());
  return ca != nullptr && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) == 1;
}

bool SetUp(SSL_CTX* context, const TlsServerOptions& options) {
  // What is broken is the client's to refuse.
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_options(context, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
  const X509Handle certificate(
      PEM_read_bio_X509(Memory(options.certificate_pem).get(), nullptr, nullptr, nullptr));
  const Key key(PEM_read_bio_PrivateKey(Memory(options.key_pem).get(), nullptr, nullptr, nullptr));
  const std::string ciphers = options.ciphers.empty() ? "ALL:@SECLEVEL=0" : options.ciphers;
  return SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, key.get()) == 1 &&
         SSL_CTX_set_cipher_list(context, ciphers.c_str()) == 1 &&
         SSL_CTX_set_min_proto_version(context, 0) == 1 &&
         SSL_CTX_set_max_proto_version(context, options.max_version) == 1 &&
         (options.client_ca_pem.empty() || AskForClient(context, options.client_ca_pem));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsServer>> TlsServer::Start(TlsServerOptions options) {
  const Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr || !SetUp(context.get(), options)) {
    return base::OpensslError("TLS server");
  }
  return std::unique_ptr<TlsServer>(new TlsServer(std::move(options), context));
}

TlsServer::TlsServer(TlsServerOptions options, Context context)
    : options_(std::move(options)), context_(std::move(context)), thread_([this] { Run(); }) {}

TlsServer::~TlsServer() {
  listener_.Stop();
  thread_.join();
}

std::string TlsServer::Url(const std::string& path) const {
  return "https://127.0.0.1:" + std::to_string(port()) + path;
}

TlsServer::Seen TlsServer::seen() const {
  const absl::MutexLock lock(&mutex_);
  return seen_;
}

void TlsServer::Run() {
  // OpenSSL writes with write(2); a client that went away must not end the test.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  size_t next = 0;
  while (true) {
    const base::UniqueFd connection = listener_.Accept();
    if (!connection.valid()) {
      return;
    }
    // Nothing waits for ever here.
    const timeval limit = {.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const Tls tls(SSL_new(context_.get()));
    if (tls != nullptr && SSL_set_fd(tls.get(), connection.get()) == 1 &&
        SSL_accept(tls.get()) == 1) {
      NoteHandshake(tls.get());
      if (options_.hangs_up) {
        const linger reset = {.l_onoff = 1, .l_linger = 0};
        ::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        continue;
      }
      Serve(tls.get(), next);
    }
  }
}

void TlsServer::NoteHandshake(SSL* tls) {
  const absl::MutexLock lock(&mutex_);
  ++seen_.handshakes;
  seen_.resumed += SSL_session_reused(tls);
  seen_.version = SSL_get_version(tls);
  if (X509* const client = SSL_get0_peer_certificate(tls); client != nullptr) {
    std::array<char, 256> name{};
    X509_NAME_oneline(X509_get_subject_name(client), name.data(), name.size());
    seen_.client = name.data();
  }
}

void TlsServer::Serve(SSL* tls, size_t& next) {
  std::array<char, 8192> buffer{};
  while (next < options_.answers.size()) {
    const int size = SSL_read(tls, buffer.data(), buffer.size());
    if (size <= 0) {
      return;
    }
    {
      const absl::MutexLock lock(&mutex_);
      seen_.requests.emplace_back(buffer.data(), static_cast<size_t>(size));
    }
    if (options_.renegotiates && next == 0) {
      Renegotiate(tls);
    }
    const std::string& answer = options_.answers[next++];
    SSL_write(tls, answer.data(), static_cast<int>(answer.size()));
    if (answer.find("Connection: close") != std::string::npos) {
      SSL_shutdown(tls);
      return;
    }
  }
  SSL_read(tls, buffer.data(), buffer.size());  // until the client closes
}

void TlsServer::Renegotiate(SSL* tls) {
  std::array<char, 16> buffer{};
  // The first call asks; reading takes the client's answer, a ClientHello or an alert.
  const bool asked = SSL_renegotiate(tls) == 1 && SSL_do_handshake(tls) == 1;
  SSL_read(tls, buffer.data(), buffer.size());
  const bool refused = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_NO_RENEGOTIATION;
  ERR_clear_error();
  const absl::MutexLock lock(&mutex_);
  if (asked) {
    seen_.renegotiation = refused ? Renegotiation::kRefused : Renegotiation::kDone;
  }
}

}  // namespace attestd::fakes
