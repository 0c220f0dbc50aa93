// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_SECRET_H_
#define ATTESTD_BASE_SECRET_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::base {

// The only home of plaintext secrets and keys. Move-only, never printable, wiped at the end,
// compared in constant time. It lies in the memory of base/secret_memory.h once that is set up.
class Secret {
 public:
  Secret() = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // `size` bytes of zero. ResourceExhausted when the secret memory is full.
  static absl::StatusOr<Secret> Allocate(size_t size);
  // A copy of the bytes; the caller wipes its own.
  static absl::StatusOr<Secret> Copy(ByteView bytes);

  ByteView view() const { return {data_, size_}; }
  std::span<uint8_t> writable() { return {data_, size_}; }
  size_t size() const { return size_; }
  // Makes it shorter; the tail is wiped. `size` above the present one has no effect.
  void Truncate(size_t size);
  // Same length and bytes; the time depends on the lengths only.
  bool ConstantTimeEquals(ByteView other) const;

 private:
  Secret(uint8_t* data, size_t size) : data_(data), size_(size), capacity_(size) {}
  void Wipe();

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// Overwrites bytes in a way the compiler does not remove.
void WipeBytes(std::span<uint8_t> bytes);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_SECRET_H_
