// SPDX-License-Identifier: Apache-2.0
#include "base/tls_verifier.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/openssl_error.h"

namespace attestd::base {
namespace {

constexpr int kSecurityLevel = 2;  // SSL_CTX_set_security_level(3): 112 bits, no SHA-1
constexpr int kMinSecurityBits = 112;
constexpr size_t kSha256Size = 32;
// TLS 1.2: ephemeral keys and AEAD only (RFC 9325, 4.2). The suites of TLS 1.3 all are.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::string RefusalText(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "is not yet valid";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "is self-signed; name it in ca_file, or its key in pins, to trust it";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "is of an unknown authority; ca_file names those that are known";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return "is weak: RSA below 2048 bits, EC below 224, or SHA-1 in its chain";
    case X509_V_ERR_APPLICATION_VERIFICATION:
      return "has a key other than those in pins";
    case X509_V_ERR_INVALID_PURPOSE:
      return "is not one for servers";
    default:
      return "is not acceptable (X509_V_ERR " + std::to_string(error) + ")";
  }
}

bool HasPinnedKey(X509* certificate, const std::vector<Bytes>& pins) {
  uint8_t* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  std::array<uint8_t, kSha256Size> digest{};
  const bool hashed = size > 0 && EVP_Digest(der, static_cast<size_t>(size), digest.data(), nullptr,
                                             EVP_sha256(), nullptr) == 1;
  OPENSSL_free(der);
  return hashed && std::ranges::any_of(pins, [&digest](const Bytes& pin) {
           return std::ranges::equal(pin, digest);
         });
}

// X509_V_OK, or why not.
int Judge(X509_STORE_CTX* store, const TlsPolicy& policy) {
  X509* const certificate = X509_STORE_CTX_get0_cert(store);
  if (policy.asks_chain && X509_verify_cert(store) != 1) {
    const int error = X509_STORE_CTX_get_error(store);
    return error != X509_V_OK ? error : X509_V_ERR_UNSPECIFIED;
  }
  EVP_PKEY* const key = certificate != nullptr ? X509_get0_pubkey(certificate) : nullptr;
  if (key == nullptr || EVP_PKEY_get_security_bits(key) < kMinSecurityBits) {
    return X509_V_ERR_EE_KEY_TOO_SMALL;
  }
  const bool pinned = policy.pins.empty() || HasPinnedKey(certificate, policy.pins);
  return pinned ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION;
}

}  // namespace

TlsVerifier::TlsVerifier(const HttpClock& clock, TlsPolicy server, bool has_proxy)
    : clock_(clock),
      layers_{Layer{.verifier = this, .peer = "proxy", .policy = {}},
              Layer{.verifier = this, .peer = "server", .policy = std::move(server)}},
      first_(has_proxy ? 0 : 1),
      next_(first_) {}

void TlsVerifier::Restart() {
  next_ = first_;
  refusal_.clear();
  asked_ = Asked::kNo;
}

absl::Status TlsVerifier::Configure(SSL_CTX* context) {
  // libcurl has no third layer; the strictest of ours would hold for it.
  Layer& layer = layers_[std::min<size_t>(next_++, 1)];
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context), absl::ToTimeT(clock_.Now()));
  SSL_CTX_set_cert_verify_callback(context, &TlsVerifier::Verify, &layer);
  SSL_CTX_set_cert_cb(context, &TlsVerifier::OnAskedForIdentity, &layer);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, kCiphers) != 1) {
    return OpensslError("TLS settings");
  }
  return absl::OkStatus();
}

int TlsVerifier::Verify(X509_STORE_CTX* store, void* layer) {
  const auto& found = *static_cast<const Layer*>(layer);
  const int error = Judge(store, found.policy);
  X509_STORE_CTX_set_error(store, error);
  return error == X509_V_OK ? 1 : found.verifier->Refuse(found, error);
}

int TlsVerifier::OnAskedForIdentity(SSL* tls, void* layer) {
  const bool none = SSL_get_certificate(tls) == nullptr;
  static_cast<const Layer*>(layer)->verifier->asked_ = none ? Asked::kNoneToShow : Asked::kShown;
  return 1;  // and on, without: the peer may only wish for one
}

int TlsVerifier::Refuse(const Layer& layer, int error) {
  refusal_ = std::string("the ") + layer.peer + "'s certificate " + RefusalText(error);
  return 0;
}

}  // namespace attestd::base
