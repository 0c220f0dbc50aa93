// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_UNSEAL_SEALED_SECRET_H_
#define ATTESTD_UNSEAL_SEALED_SECRET_H_

#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/status.h"
#include "kbs_client/resource_uri.h"
#include "unseal/wrapped.h"

// Sealed secrets of guest-components, version 0.1.0: "sealed." and a JWS in compact form (RFC 7515,
// 7.1) whose payload names a secret or encrypts one. Nothing in them is secret.
namespace attestd::unseal {

// The parts of one, as they stand in its text.
struct SealedParts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // header "." payload
};

// At most 1 MiB; a line's end behind it is left out. InvalidArgument (kBadPacket).
absl::StatusOr<SealedParts> SplitSealed(std::string_view text);

struct SealSignature {
  std::string key_id;     // "kid": a KBS URI, or the name of a file
  base::Bytes signature;  // r || s of ECDSA on P-256, 64 bytes
};

// Of an ES256 signature (RFC 7518, 3.4). InvalidArgument (kSignatureRefused) for any other
// algorithm, "none" among them, a header member other than alg, kid, typ and cty, or a signature of
// another length.
absl::StatusOr<SealSignature> ParseSealSignature(const SealedParts& parts);

// A secret that lies at a broker.
struct VaultSecret {
  kbs::ResourceUri name;
};

// A secret that is encrypted under a key of its own, and that key under one at a broker.
struct EnvelopeSecret {
  kbs::ResourceUri key_id;
  Wrapped key;
  Wrapped data;
};

using SealedContent = std::variant<VaultSecret, EnvelopeSecret>;

// What the payload says. InvalidArgument (kBadPacket, or kBadUri) for another version, type or
// provider than "kbs", or a member of another shape. Provider settings, annotations of a vault and
// members that are not known say nothing to this provider and are not looked at; an envelope's
// annotations have the "iv" of its encrypted key.
absl::StatusOr<SealedContent> ParseSealedContent(std::string_view payload);

}  // namespace attestd::unseal

#endif  // ATTESTD_UNSEAL_SEALED_SECRET_H_
