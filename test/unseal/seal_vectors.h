// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_UNSEAL_SEAL_VECTORS_H_
#define ATTESTD_TEST_UNSEAL_SEAL_VECTORS_H_

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/json.h"
#include "test/fakes/fake_secrets.h"

// What vectors/make_vectors.py wrote.
namespace attestd::test {

inline const base::Json& SealVectors() {
  static const base::Json vectors = [] {
    constexpr size_t kLimit = size_t{1} << 20;
    return base::Json::parse(
        base::ReadFile(ATTESTD_SOURCE_DIR "/test/unseal/vectors/vectors.json", kLimit).value());
  }();
  return vectors;
}

inline base::Bytes FromHex(const base::Json& text) {
  return base::HexDecode(text.get<std::string>()).value();
}

// The broker of the vectors; a case may have another key of its own there.
inline void PutVectors(FakeSecrets& secrets, const base::Json& entry) {
  const base::Json& vectors = SealVectors();
  const std::string signer = entry.value("signer", vectors["signer"].get<std::string>());
  secrets.Put("kbs:///keys/signer/1", base::ToBytes(base::AsBytes(signer)));
  secrets.Put("kbs:///app/secret/1", FromHex(vectors["secret"]));
  secrets.Put("kbs:///keys/kek/1", FromHex(entry.contains("kek") ? entry["kek"] : vectors["kek"]));
}

inline base::Reason ReasonNamed(const std::string& name) {
  static const std::map<std::string, base::Reason> reasons = {
      {"BAD_PACKET", base::Reason::kBadPacket},
      {"BAD_URI", base::Reason::kBadUri},
      {"SIGNATURE_REFUSED", base::Reason::kSignatureRefused},
      {"KEY_UNFIT", base::Reason::kKeyUnfit},
      {"DOES_NOT_DECRYPT", base::Reason::kDoesNotDecrypt}};
  return reasons.at(name);
}

// The one answer of a call; nothing when it was not answered, or more than once.
class Answer {
 public:
  unseal::Secrets::Done Taker() {
    return [this](const unseal::Secrets::Result& result) {
      result_ = result;
      ++count_;
    };
  }
  std::optional<unseal::Secrets::Result> Take() const {
    return count_ == 1 ? result_ : std::nullopt;
  }

 private:
  std::optional<unseal::Secrets::Result> result_;
  int count_ = 0;
};

}  // namespace attestd::test

#endif  // ATTESTD_TEST_UNSEAL_SEAL_VECTORS_H_
