// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/openssl_error.h"

namespace attestd::base {
namespace {

// Smallest piece of the arena: a P-256 scalar, an AES-256 key.
constexpr size_t kSmallestPiece = 32;

}  // namespace

absl::StatusOr<SecretMemory> InitSecretMemory(size_t size) {
  // First of all OpenSSL: no openssl.cnf, and no OPENSSL_CONF of the environment.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  // 1: locked. 2: set up, but mlock was refused. 0: failed (OPENSSL_secure_malloc(3)).
  const int result = CRYPTO_secure_malloc_init(size, kSmallestPiece);
  if (result != 1 && result != 2) {
    return OpensslError("secret memory: cannot set up the arena");
  }
  return SecretMemory{.size = size, .locked = result == 1};
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }
  return *this;
}

Secret::~Secret() { Wipe(); }

void Secret::Wipe() {
  OPENSSL_secure_clear_free(data_, capacity_);
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

absl::StatusOr<Secret> Secret::Allocate(size_t size) {
  auto* data = static_cast<uint8_t*>(OPENSSL_secure_zalloc(std::max<size_t>(size, 1)));
  if (data == nullptr) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, Reason::kBusy, "secret memory is full");
  }
  Secret secret(data, std::max<size_t>(size, 1));
  secret.size_ = size;
  return secret;
}

absl::StatusOr<Secret> Secret::Copy(ByteView bytes) {
  ASSIGN_OR_RETURN(Secret secret, Allocate(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), secret.data_);
  return secret;
}

void Secret::Truncate(size_t size) {
  if (size < size_) {
    OPENSSL_cleanse(data_ + size, size_ - size);
    size_ = size;
  }
}

bool Secret::ConstantTimeEquals(ByteView other) const {
  return size_ == other.size() && (size_ == 0 || CRYPTO_memcmp(data_, other.data(), size_) == 0);
}

void WipeBytes(std::span<uint8_t> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace attestd::base
