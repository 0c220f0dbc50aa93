// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace attestd::base {
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
