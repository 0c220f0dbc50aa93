// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm/attestation_key.h"

#include <absl/strings/str_cat.h>

#include <optional>
#include <string>
#include <utility>

#include "base/public_key.h"
#include "tee/tpm/tss_status.h"

namespace attestd::tee::tpm {
namespace {

// Exponent that a public area with 0 means (part 2, 12.2.3.5).
constexpr uint32_t kDefaultExponent = 65537;
constexpr TPMA_OBJECT kRestrictedSigner = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT;

std::string HandleText(TPM2_HANDLE handle) { return absl::StrCat("0x", absl::Hex(handle)); }

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

// Primary key templates are repeatable: the same TPM makes the same key again.
TPM2B_PUBLIC AkTemplate() {
  TPM2B_PUBLIC area{};
  area.publicArea.type = TPM2_ALG_RSA;
  area.publicArea.nameAlg = TPM2_ALG_SHA256;
  // NODA: another's wrong guesses, which lock the TPM, do not stop attestation.
  area.publicArea.objectAttributes = kRestrictedSigner | TPMA_OBJECT_FIXEDTPM |
                                     TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                                     TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA;
  TPMS_RSA_PARMS& rsa = area.publicArea.parameters.rsaDetail;
  rsa.symmetric.algorithm = TPM2_ALG_NULL;
  rsa.scheme.scheme = TPM2_ALG_RSASSA;
  rsa.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
  rsa.keyBits = 2048;
  return area;
}

// A step of making the key failed. What may pass with another try stays Unavailable.
absl::Status NotCreatable(TSS2_RC rc, TPM2_HANDLE handle, std::string_view step) {
  absl::Status status = TssStatus(rc, step);
  if (absl::IsUnavailable(status)) {
    return status;
  }
  return base::MakeStatus(
      absl::StatusCode::kFailedPrecondition, base::Reason::kKeyMissing,
      "no attestation key at " + HandleText(handle) +
          ", and the TPM refused to make one: " + std::string(step) + ": " + TssText(rc) +
          "; if the owner or endorsement authorization is set, make the key with tpm2_createak "
          "and tpm2_evictcontrol, or set [tpm] ak_handle to an existing one");
}

absl::StatusOr<EsysObject> CreateTransient(const EsysContext& context, TPM2_HANDLE handle,
                                           base::Deadline deadline) {
  const TPM2B_PUBLIC area = AkTemplate();
  const TPM2B_SENSITIVE_CREATE no_auth{};
  const TPM2B_DATA no_outside_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR key = ESYS_TR_NONE;
  ASSIGN_OR_RETURN(const TSS2_RC rc, RunCommand(deadline, [&] {
                     return Esys_CreatePrimary(context.get(), ESYS_TR_RH_ENDORSEMENT,
                                               ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                               &no_auth, &area, &no_outside_info, &no_pcrs, &key,
                                               nullptr, nullptr, nullptr, nullptr);
                   }));
  if (rc != TSS2_RC_SUCCESS) {
    return NotCreatable(rc, handle, "TPM2_CreatePrimary in the endorsement hierarchy");
  }
  return EsysObject(context.get(), key, EsysObject::Kind::kTransient);
}

absl::StatusOr<EsysObject> CreatePersistent(const EsysContext& context, TPM2_HANDLE handle,
                                            base::Deadline deadline) {
  ASSIGN_OR_RETURN(const EsysObject transient, CreateTransient(context, handle, deadline));
  ESYS_TR key = ESYS_TR_NONE;
  ASSIGN_OR_RETURN(const TSS2_RC rc, RunCommand(deadline, [&] {
                     return Esys_EvictControl(context.get(), ESYS_TR_RH_OWNER, transient.get(),
                                              ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle,
                                              &key);
                   }));
  if (rc != TSS2_RC_SUCCESS) {
    return NotCreatable(rc, handle, "TPM2_EvictControl by the owner");
  }
  return EsysObject(context.get(), key, EsysObject::Kind::kPersistent);
}

// Nothing when the handle is free.
absl::StatusOr<std::optional<EsysObject>> Find(const EsysContext& context, TPM2_HANDLE handle,
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
    return TssStatus(rc, "look for the attestation key at " + HandleText(handle));
  }
  return std::optional<EsysObject>(EsysObject(context.get(), key, EsysObject::Kind::kPersistent));
}

}  // namespace

absl::StatusOr<base::Bytes> ReadAkPublic(const EsysContext& context, ESYS_TR object,
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
                            "the handle of the attestation key holds " + objection +
                                "; set [tpm] ak_handle to another");
  }
  const TPM2B_PUBLIC_KEY_RSA& modulus = area->publicArea.unique.rsa;
  const uint32_t exponent = area->publicArea.parameters.rsaDetail.exponent;
  ASSIGN_OR_RETURN(const base::PublicKey key,
                   base::PublicKey::FromRsa({modulus.buffer, modulus.size},
                                            exponent == 0 ? kDefaultExponent : exponent));
  return key.ToSpkiDer();
}

absl::StatusOr<AttestationKey> FindOrCreateAk(const EsysContext& context, TPM2_HANDLE handle,
                                              base::Deadline deadline) {
  ASSIGN_OR_RETURN(std::optional<EsysObject> found, Find(context, handle, deadline));
  if (!found.has_value()) {
    ASSIGN_OR_RETURN(EsysObject created, CreatePersistent(context, handle, deadline));
    found.emplace(std::move(created));
  }
  absl::StatusOr<base::Bytes> spki = ReadAkPublic(context, found->get(), deadline);
  if (!spki.ok()) {
    return base::Annotate(spki.status(), HandleText(handle));
  }
  return AttestationKey{.object = *std::move(found), .spki = *std::move(spki)};
}

}  // namespace attestd::tee::tpm
