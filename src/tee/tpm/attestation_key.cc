// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm/attestation_key.h"

#include <absl/strings/str_cat.h>

#include <optional>
#include <string>
#include <utility>

#include "tee/tpm2/signing_key.h"
#include "tee/tpm2/tss_status.h"

namespace attestd::tee::tpm {
namespace {

std::string HandleText(TPM2_HANDLE handle) { return absl::StrCat("0x", absl::Hex(handle)); }

// Primary key templates are repeatable: the same TPM makes the same key again.
TPM2B_PUBLIC AkTemplate() {
  TPM2B_PUBLIC area{};
  area.publicArea.type = TPM2_ALG_RSA;
  area.publicArea.nameAlg = TPM2_ALG_SHA256;
  // NODA: another's wrong guesses, which lock the TPM, do not stop attestation.
  area.publicArea.objectAttributes = tpm2::kRestrictedSigner | TPMA_OBJECT_FIXEDTPM |
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
  absl::Status status = tpm2::TssStatus(rc, step);
  if (absl::IsUnavailable(status)) {
    return status;
  }
  return base::MakeStatus(
      absl::StatusCode::kFailedPrecondition, base::Reason::kKeyMissing,
      "no attestation key at " + HandleText(handle) +
          ", and the TPM refused to make one: " + std::string(step) + ": " + tpm2::TssText(rc) +
          "; if the owner or endorsement authorization is set, make the key with tpm2_createak "
          "and tpm2_evictcontrol, or set [tpm] ak_handle to an existing one");
}

absl::StatusOr<tpm2::EsysObject> CreateTransient(const tpm2::EsysContext& context,
                                                 TPM2_HANDLE handle, base::Deadline deadline) {
  const TPM2B_PUBLIC area = AkTemplate();
  const TPM2B_SENSITIVE_CREATE no_auth{};
  const TPM2B_DATA no_outside_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR key = ESYS_TR_NONE;
  ASSIGN_OR_RETURN(const TSS2_RC rc, tpm2::RunCommand(deadline, [&] {
                     return Esys_CreatePrimary(context.get(), ESYS_TR_RH_ENDORSEMENT,
                                               ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                               &no_auth, &area, &no_outside_info, &no_pcrs, &key,
                                               nullptr, nullptr, nullptr, nullptr);
                   }));
  if (rc != TSS2_RC_SUCCESS) {
    return NotCreatable(rc, handle, "TPM2_CreatePrimary in the endorsement hierarchy");
  }
  return tpm2::EsysObject(context.get(), key, tpm2::EsysObject::Kind::kTransient);
}

absl::StatusOr<tpm2::EsysObject> CreatePersistent(const tpm2::EsysContext& context,
                                                  TPM2_HANDLE handle, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const tpm2::EsysObject transient, CreateTransient(context, handle, deadline));
  ESYS_TR key = ESYS_TR_NONE;
  ASSIGN_OR_RETURN(const TSS2_RC rc, tpm2::RunCommand(deadline, [&] {
                     return Esys_EvictControl(context.get(), ESYS_TR_RH_OWNER, transient.get(),
                                              ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle,
                                              &key);
                   }));
  if (rc != TSS2_RC_SUCCESS) {
    return NotCreatable(rc, handle, "TPM2_EvictControl by the owner");
  }
  return tpm2::EsysObject(context.get(), key, tpm2::EsysObject::Kind::kPersistent);
}

}  // namespace

absl::StatusOr<AttestationKey> FindOrCreateAk(const tpm2::EsysContext& context, TPM2_HANDLE handle,
                                              base::Deadline deadline) {
  ASSIGN_OR_RETURN(std::optional<tpm2::EsysObject> found,
                   tpm2::FindPersistent(context, handle, deadline));
  if (!found.has_value()) {
    ASSIGN_OR_RETURN(tpm2::EsysObject created, CreatePersistent(context, handle, deadline));
    found.emplace(std::move(created));
  }
  absl::StatusOr<base::Bytes> spki = tpm2::ReadSigningKey(context, found->get(), deadline);
  if (!spki.ok()) {
    return base::Annotate(spki.status(), "[tpm] ak_handle " + HandleText(handle));
  }
  return AttestationKey{.object = *std::move(found), .spki = *std::move(spki)};
}

}  // namespace attestd::tee::tpm
