// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_GUEST_H_
#define ATTESTD_TEST_DEV_KBS_GUEST_H_

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/bytes.h"
#include "base/json.h"
#include "test/dev_kbs/ec_key.h"
#include "test/dev_kbs/kbs_service.h"

namespace attestd::dev_kbs {

// The other side of the protocol, for tests of the broker: one guest with a TEE key and a session.
// Its parts can be changed between the steps. Failures of its own throw.
class Guest {
 public:
  explicit Guest(KbsService& kbs, std::string tee = "sample",
                 const Protocol& protocol = CurrentProtocol());
  // Takes a new RSA key instead of the one on P-256.
  void UseRsa(const std::string& alg);

  // Evidence that is bound to a digest; the sample platform's unless a test sets another.
  std::function<base::Json(base::ByteView digest)> evidence;
  std::string nonce;   // from the challenge
  std::string cookie;  // "name=value" from the challenge
  std::string token;   // from the attestation

  KbsAnswer Auth();
  // The message that Attest sends, in the protocol's shape.
  base::Json Attestation() const;
  KbsAnswer Attest();
  KbsAnswer Send(const base::Json& attestation);
  KbsAnswer Get(const std::string& resource, const std::string& authorization = "");
  // From a plugin; the path without the prefix.
  KbsAnswer Call(const std::string& path, const std::string& query);
  base::Bytes Open(const KbsAnswer& answer) const;
  base::Json tee_pubkey;

 private:
  KbsService& kbs_;
  std::string tee_;
  const Protocol& protocol_;
  KeyHandle key_;
};

// "type" of an error answer without its common prefix; empty for other answers.
std::string Variant(const KbsAnswer& answer);
std::string Detail(const KbsAnswer& answer);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_GUEST_H_
