// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/signing_key.h"

#include <absl/strings/str_cat.h>

#include <string>

#include "base/public_key.h"
#include "tee/tpm2/tss_status.h"

namespace attestd::tee::tpm2 {
namespace {

// Exponent that a public area with 0 means (part 2, 12.2.3.5).
constexpr uint32_t kDefaultExponent = 65537;
// What keeps a key from serving as attestation key; empty when nothing does.
std::string Objection(const TPMT_PUBLIC& key) {
  if (key.type != TPM2_ALG_RSA) {
    return absl::StrCat("a key of algorithm 0x", absl::Hex(key.type), ", not RSA");
  }
  if ((key.objectAttributes & kRestrictedSigner) != kRestrictedSigner) {
    return absl::StrCat("an RSA key that is no restricted signing key (attributes 0x",
                        absl::Hex(key.objectAttributes), ")");
  }
  const TPMT_RSA_SCHEME& scheme = key.parameters.rsaDetail.scheme;
  if (scheme.scheme == TPM2_ALG_NULL) {
    return "";
  }
  if (scheme.scheme != TPM2_ALG_RSASSA || scheme.details.rsassa.hashAlg != TPM2_ALG_SHA256) {
    return absl::StrCat("an RSA key of scheme 0x", absl::Hex(scheme.scheme), ", hash 0x",
                        absl::Hex(scheme.details.anySig.hashAlg), ", not RSASSA with SHA-256");
  }
  return "";
}

}  // namespace

absl::StatusOr<std::optional<EsysObject>> FindPersistent(const EsysContext& context,
                                                         TPM2_HANDLE handle,
                                                         base::Deadline deadline) {
  ESYS_TR key = ESYS_TR_NONE;
  ASSIGN_OR_RETURN(const TSS2_RC rc, RunCommand(deadline, [&] {
                     return Esys_TR_FromTPMPublic(context.get(), handle, ESYS_TR_NONE, ESYS_TR_NONE,
                                                  ESYS_TR_NONE, &key);
                   }));
  if (IsUnknownHandle(rc)) {
    return std::optional<EsysObject>();
  }
  if (rc != TSS2_RC_SUCCESS) {
    return TssStatus(rc, absl::StrCat("look for the key at 0x", absl::Hex(handle)));
  }
  return std::optional<EsysObject>(EsysObject(context.get(), key, EsysObject::Kind::kPersistent));
}

absl::StatusOr<base::Bytes> ReadSigningKey(const EsysContext& context, ESYS_TR object,
                                           base::Deadline deadline) {
  TPM2B_PUBLIC* area = nullptr;
  RETURN_IF_ERROR(RunStep("TPM2_ReadPublic of the attestation key", deadline, [&] {
    return Esys_ReadPublic(context.get(), object, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &area,
                           nullptr, nullptr);
  }));
  const EsysPtr<TPM2B_PUBLIC> owned(area);
  const std::string objection = Objection(area->publicArea);
  if (!objection.empty()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kKeyMissing,
                            "the handle of the attestation key holds " + objection);
  }
  const TPM2B_PUBLIC_KEY_RSA& modulus = area->publicArea.unique.rsa;
  const uint32_t exponent = area->publicArea.parameters.rsaDetail.exponent;
  ASSIGN_OR_RETURN(const base::PublicKey key,
                   base::PublicKey::FromRsa({modulus.buffer, modulus.size},
                                            exponent == 0 ? kDefaultExponent : exponent));
  return key.ToSpkiDer();
}

}  // namespace attestd::tee::tpm2
