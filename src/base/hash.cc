// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <openssl/evp.h>

#include <array>
#include <cctype>
#include <string>

#include "base/openssl_error.h"

namespace attestd::base {
namespace {

struct Entry {
  HashAlgorithm algorithm;
  std::string_view name;
  const EVP_MD* (*digest)();
};

constexpr std::array<Entry, 3> kTable = {{
    {HashAlgorithm::kSha256, "sha256", EVP_sha256},
    {HashAlgorithm::kSha384, "sha384", EVP_sha384},
    {HashAlgorithm::kSha512, "sha512", EVP_sha512},
}};

const Entry& Find(HashAlgorithm algorithm) { return kTable.at(static_cast<size_t>(algorithm)); }

}  // namespace

absl::StatusOr<HashAlgorithm> ParseHashAlgorithm(std::string_view name) {
  std::string lower(name.substr(0, 16));
  for (char& c : lower) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  for (const Entry& entry : kTable) {
    if (lower == entry.name && name.size() == lower.size()) {
      return entry.algorithm;
    }
  }
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    "unknown hash algorithm; expected sha256, sha384 or sha512");
}

std::string_view HashAlgorithmName(HashAlgorithm algorithm) { return Find(algorithm).name; }

const EVP_MD* OpensslDigest(HashAlgorithm algorithm) { return Find(algorithm).digest(); }

absl::StatusOr<Bytes> Hash(HashAlgorithm algorithm, ByteView bytes) {
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, OpensslDigest(algorithm),
                 nullptr) != 1) {
    return OpensslError("hash");
  }
  digest.resize(size);
  return digest;
}

absl::StatusOr<Bytes> ExtendedValue(HashAlgorithm algorithm, ByteView value, ByteView digest) {
  Bytes both(value.begin(), value.end());
  both.insert(both.end(), digest.begin(), digest.end());
  return Hash(algorithm, both);
}

}  // namespace attestd::base
