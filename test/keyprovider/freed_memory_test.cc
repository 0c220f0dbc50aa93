// SPDX-License-Identifier: Apache-2.0
// What is freed, by C++ or by OpenSSL, while a secret is unsealed or a key wrapped or unwrapped
// holds nothing of it. The whole program's allocation goes through here.
#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <new>

#include "keyprovider/key_provider.h"
#include "test/keyprovider/key_provider_case.h"
#include "test/unseal/seal_vectors.h"
#include "unseal/unsealer.h"

namespace {

// What is looked for, and in how many freed blocks it was found. Without allocation.
struct Watch {
  std::array<std::array<char, 512>, 4> needles{};
  std::array<size_t, 4> sizes{};
  size_t count = 0;
  bool on = false;
  int found = 0;
};
Watch watch;

void Look(const void* block) {
  if (!watch.on || block == nullptr) {
    return;
  }
  const std::string_view text(static_cast<const char*>(block),
                              malloc_usable_size(const_cast<void*>(block)));
  for (size_t i = 0; i < watch.count; ++i) {
    if (text.find(std::string_view(watch.needles.at(i).data(), watch.sizes.at(i))) !=
        std::string_view::npos) {
      ++watch.found;
    }
  }
}

void* OpensslMalloc(size_t size, const char* /*file*/, int /*line*/) { return std::malloc(size); }
void* OpensslRealloc(void* block, size_t size, const char* /*file*/, int /*line*/) {
  Look(block);
  return std::realloc(block, size);
}
void OpensslFree(void* block, const char* /*file*/, int /*line*/) {
  Look(block);
  std::free(block);
}
const int openssl_watched = CRYPTO_set_mem_functions(OpensslMalloc, OpensslRealloc, OpensslFree);

}  // namespace

void* operator new(size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return std::malloc(size);
}
void* operator new(size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) {
    throw std::bad_alloc();
  }
  return block;
}
void operator delete(void* block) noexcept {
  Look(block);
  std::free(block);
}
void operator delete(void* block, const std::nothrow_t& /*tag*/) noexcept {
  operator delete(block);
}
void operator delete(void* block, size_t /*size*/) noexcept { operator delete(block); }
void* operator new[](size_t size) { return operator new(size); }
void* operator new[](size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
void operator delete[](void* block) noexcept { operator delete(block); }
void operator delete[](void* block, const std::nothrow_t& /*tag*/) noexcept {
  operator delete(block);
}
void operator delete[](void* block, size_t /*size*/) noexcept { operator delete(block); }

namespace attestd::keyprovider {
namespace {

// The secret as it is, and as it is written in Base64 and in an output; a few bytes of it do.
void Seek(base::ByteView secret) {
  constexpr size_t kEnough = 24;
  const base::ByteView part = secret.first(std::min(kEnough, secret.size()));
  std::string numbers;
  for (const uint8_t byte : part) {
    numbers += std::to_string(byte) + ",";
  }
  watch = Watch();
  for (const std::string& text :
       {std::string(base::AsText(part)), base::Base64Encode(part), numbers}) {
    std::copy(text.begin(), text.end(), watch.needles.at(watch.count).begin());
    watch.sizes.at(watch.count++) = text.size();
  }
}

base::Bytes Options() { return test::FromHex(test::SealVectors()["options"]); }

int FoundWhile(const std::function<void()>& work) {
  watch.found = 0;
  watch.on = true;
  work();
  watch.on = false;
  return watch.found;
}

TEST_CASE("A freed copy is found, in C++ and in OpenSSL: a control") {
  REQUIRE(openssl_watched == 1);
  const base::Bytes options = Options();
  Seek(options);
  CHECK(FoundWhile([&options] { const base::Bytes copy = options; }) == 1);
  CHECK(FoundWhile([&options] { base::Base64Encode(options); }) == 1);
  CHECK(FoundWhile([&options] {
          void* copy = OPENSSL_memdup(options.data(), options.size());
          OPENSSL_free(copy);
        }) == 1);
  CHECK(FoundWhile([&options] { CHECK(base::Secret::Copy(options).ok()); }) == 0);
}

TEST_CASE("Wrapping and unwrapping leave no layer key in freed memory") {
  const std::string type = GENERATE("A256GCM", "A256CTR");
  test::FakeSecrets secrets;
  PutVectors(secrets, base::Json::object());
  const KeyProvider provider({}, secrets);
  const std::string input =
      test::WrapInput("keyid=kbs:///keys/kek/1::algorithm=" + type, Options());
  base::Secret wrap = base::Secret::Copy(base::AsBytes(input)).value();
  test::Answer wrapped;
  test::Answer unwrapped;
  Seek(Options());
  CHECK(FoundWhile([&] { provider.WrapKey(std::move(wrap), {}, wrapped.Taker()); }) == 0);
  REQUIRE((wrapped.Take().has_value() && wrapped.Take()->ok()));
  const base::Bytes packet =
      test::OutputBytes((**wrapped.Take())->view(), "keywrapresults", "annotation");
  const std::string request = test::UnwrapInput(base::AsText(packet));
  CHECK(FoundWhile([&] { provider.UnWrapKey(base::AsBytes(request), {}, unwrapped.Taker()); }) ==
        0);
  REQUIRE((unwrapped.Take().has_value() && unwrapped.Take()->ok()));
  CHECK(test::OutputBytes((**unwrapped.Take())->view(), "keyunwrapresults", "optsdata") ==
        Options());
  // The output goes without a trace too.
  CHECK(FoundWhile([&] { unwrapped = test::Answer(); }) == 0);
}

TEST_CASE("A refused wrap input leaves no layer key in freed memory") {
  test::FakeSecrets secrets;
  const KeyProvider provider({}, secrets);
  const std::string parameters = GENERATE("keyid=kbs:///keys/none/1", "keyid=", "sample=true",
                                          "keyid=kbs:///a/b/c::keypath=k");
  const std::string input = test::WrapInput(parameters, Options());
  base::Secret wrap = base::Secret::Copy(base::AsBytes(input)).value();
  test::Answer answer;
  Seek(Options());
  CHECK(FoundWhile([&] { provider.WrapKey(std::move(wrap), {}, answer.Taker()); }) == 0);
  REQUIRE(answer.Take().has_value());
  CHECK_FALSE(answer.Take()->ok());
}

TEST_CASE("Unsealing leaves neither secret nor key in freed memory") {
  const base::Json& vectors = test::SealVectors();
  for (const base::Json& entry : vectors["sealed"]) {
    if (!entry.contains("plaintext") || entry["plaintext"] != vectors["secret"]) {
      continue;
    }
    INFO(entry["name"]);
    test::FakeSecrets secrets;
    PutVectors(secrets, entry);
    const unseal::Unsealer unsealer({.signature = unseal::UnsealPolicy::Signature::kSkip}, secrets);
    const std::string sealed = entry["sealed"];
    for (const base::Bytes& secret :
         {test::FromHex(vectors["secret"]), test::FromHex(vectors["kek"])}) {
      test::Answer answer;
      Seek(secret);
      CHECK(FoundWhile([&] { unsealer.UnsealSecret(base::AsBytes(sealed), {}, answer.Taker()); }) ==
            0);
      CHECK(FoundWhile([&] { answer = test::Answer(); }) == 0);
    }
  }
}

}  // namespace
}  // namespace attestd::keyprovider
