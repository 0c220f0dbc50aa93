// SPDX-License-Identifier: Apache-2.0
#include "base/aes256.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/encoding.h"

namespace attestd::base {
namespace {

Bytes Hex(std::string_view text) { return HexDecode(text).value(); }

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16.
struct GcmCase {
  std::string key, iv, additional_data, plaintext, ciphertext, tag;
};

const std::string kZeroKey(64, '0');
const std::string kKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";

GcmCase AnyGcmCase() {
  return GENERATE(
      GcmCase{kZeroKey, std::string(24, '0'), "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
      GcmCase{kZeroKey, std::string(24, '0'), "", std::string(32, '0'),
              "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
      GcmCase{kKey, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
              "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf"
              "0e2449a6b525b16aedf5aa0de657ba637b39",
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b0"
              "8b1056828838c5f61e6393ba7a0abcc9f662",
              "76fc6ece0f4e1768cddf8853bb2d551b"});
}

TEST_CASE("AES-256-GCM decrypts the published vectors") {
  const GcmCase vector = AnyGcmCase();
  const Bytes iv = Hex(vector.iv), ciphertext = Hex(vector.ciphertext), tag = Hex(vector.tag),
              additional_data = Hex(vector.additional_data);
  const GcmText text{
      .iv = iv, .ciphertext = ciphertext, .tag = tag, .additional_data = additional_data};
  const auto plaintext = DecryptAes256Gcm(Hex(vector.key), text);
  REQUIRE(plaintext.ok());
  CHECK(HexEncode(plaintext->view()) == vector.plaintext);
  if (vector.additional_data.empty()) {
    const auto sealed = EncryptAes256Gcm(Hex(vector.key), iv, Hex(vector.plaintext));
    REQUIRE(sealed.ok());
    CHECK(HexEncode(*sealed) == vector.ciphertext + vector.tag);
  }
}

TEST_CASE("AES-256-GCM has one error for whatever does not fit") {
  const Bytes key(32, 1), iv(12, 2), plaintext(20, 3);
  const Bytes sealed = EncryptAes256Gcm(key, iv, plaintext).value();
  const size_t split = sealed.size() - kGcmTagSize;
  Bytes parts[] = {
      key, iv, {sealed.begin(), sealed.begin() + 20}, {sealed.begin() + 20, sealed.end()}};
  REQUIRE(split == 20);
  const auto decrypt = [&parts] {
    return DecryptAes256Gcm(parts[0], {.iv = parts[1], .ciphertext = parts[2], .tag = parts[3]});
  };
  REQUIRE(decrypt().ok());
  const size_t part = GENERATE(range(size_t{0}, size_t{4}));
  const int change = GENERATE(0, 1, 2, 3);
  Bytes& changed = parts[part];
  switch (change) {
    case 0:
      changed.front() ^= 1;
      break;
    case 1:
      changed.back() ^= 0x80;
      break;
    case 2:
      changed.pop_back();
      break;
    default:
      changed.push_back(0);
  }
  CAPTURE(part, change);
  CHECK(decrypt().status() == DecryptAes256Gcm({}, {}).status());
  CHECK(absl::IsUnauthenticated(decrypt().status()));
}

TEST_CASE("AES-256-CTR is the published one, in both directions") {
  // NIST SP 800-38A, F.5.5 and F.5.6.
  const Bytes key = Hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
  const Bytes iv = Hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  const Bytes plaintext = Hex(
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a"
      "0a52eff69f2445df4f9b17ad2b417be66c3710");
  const std::string ciphertext =
      "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d"
      "84988ddfc9c58db67aada613c2dd08457941a6";
  CHECK(HexEncode(EncryptAes256Ctr(key, iv, plaintext).value()) == ciphertext);
  const auto opened = DecryptAes256Ctr(key, iv, Hex(ciphertext));
  REQUIRE(opened.ok());
  CHECK(opened->ConstantTimeEquals(plaintext));
}

TEST_CASE("AES-256 refuses keys and IVs of another size") {
  const Bytes key(32, 1), text(5, 2);
  CHECK(EncryptAes256Ctr(key, Bytes(16), {}).value().empty());
  for (const size_t size : {0U, 11U, 12U, 15U, 17U}) {
    CHECK(absl::IsInvalidArgument(EncryptAes256Ctr(key, Bytes(size), text).status()));
    CHECK(absl::IsInvalidArgument(DecryptAes256Ctr(key, Bytes(size), text).status()));
  }
  for (const size_t size : {0U, 16U, 24U, 31U, 33U, 64U}) {
    CHECK(absl::IsInvalidArgument(EncryptAes256Gcm(Bytes(size), Bytes(12), text).status()));
    CHECK(absl::IsInvalidArgument(DecryptAes256Ctr(Bytes(size), Bytes(16), text).status()));
  }
  CHECK(absl::IsInvalidArgument(EncryptAes256Gcm(key, Bytes(16), text).status()));
}

}  // namespace
}  // namespace attestd::base
