// SPDX-License-Identifier: Apache-2.0
#include "evidence/runtime_data.h"

#include <utility>

namespace attestd::evidence {
namespace {

absl::StatusOr<base::Bytes> CanonicalDigest(base::HashAlgorithm hash, const base::Json& value) {
  ASSIGN_OR_RETURN(const std::string text, base::CanonicalJson(value));
  return base::Hash(hash, base::AsBytes(text));
}

}  // namespace

RuntimeData::RuntimeData(std::string nonce, base::Json tee_pubkey)
    : nonce_(std::move(nonce)), tee_pubkey_(std::move(tee_pubkey)) {}

absl::StatusOr<base::Bytes> RuntimeData::DeviceDigest(base::HashAlgorithm hash) const {
  return CanonicalDigest(hash, {{"nonce", nonce_}, {"tee-pubkey", tee_pubkey_}});
}

absl::StatusOr<base::Bytes> RuntimeData::PrimaryDigest(base::HashAlgorithm hash,
                                                       std::string_view additional_evidence) const {
  return CanonicalDigest(hash, {{"additional-evidence", additional_evidence},
                                {"nonce", nonce_},
                                {"tee-pubkey", tee_pubkey_}});
}

}  // namespace attestd::evidence
