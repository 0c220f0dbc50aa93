// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/tss_status.h"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tpm2_types.h>

namespace attestd::tee::tpm2 {
namespace {

// Error number of a format-one code, without the position (part 2, 6.6.2).
constexpr TSS2_RC kFormatOneNumber = TPM2_RC_FMT1 | 0x3f;

// The TPM spoke, itself or through the kernel's resource manager.
bool IsTpmAnswer(TSS2_RC rc) {
  const TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;
  return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

TSS2_RC WithoutLayer(TSS2_RC rc) { return rc & ~TSS2_RC_LAYER_MASK; }

bool IsWarning(TSS2_RC rc) {
  const TSS2_RC code = WithoutLayer(rc);
  return (code & TPM2_RC_FMT1) == 0 && (code & TPM2_RC_WARN) == TPM2_RC_WARN;
}

bool IsLockout(TSS2_RC rc) { return IsTpmAnswer(rc) && WithoutLayer(rc) == TPM2_RC_LOCKOUT; }

bool FreshConnectionMayHelp(TSS2_RC rc) {
  if (!IsTpmAnswer(rc)) {
    return true;
  }
  return !IsLockout(rc) && (IsWarning(rc) || IsUnknownHandle(rc));
}

}  // namespace

bool AsksForRetry(TSS2_RC rc) {
  if (!IsTpmAnswer(rc)) {
    return false;
  }
  const TSS2_RC code = WithoutLayer(rc);
  return code == TPM2_RC_RETRY || code == TPM2_RC_YIELDED || code == TPM2_RC_TESTING ||
         code == TPM2_RC_NV_RATE;
}

bool IsUnknownHandle(TSS2_RC rc) {
  if (!IsTpmAnswer(rc)) {
    return false;
  }
  const TSS2_RC code = WithoutLayer(rc);
  if ((code & TPM2_RC_FMT1) != 0) {
    return (code & kFormatOneNumber) == TPM2_RC_HANDLE;
  }
  return code >= TPM2_RC_REFERENCE_H0 && code <= TPM2_RC_REFERENCE_H6;
}

std::string TssText(TSS2_RC rc) { return Tss2_RC_Decode(rc); }

absl::Status TssStatus(TSS2_RC rc, std::string_view step) {
  std::string message = std::string(step) + ": " + TssText(rc);
  if (IsLockout(rc)) {
    message += "; the TPM is locked against guessing, see tpm2_dictionarylockout";
  }
  const auto code = FreshConnectionMayHelp(rc) ? absl::StatusCode::kUnavailable
                                               : absl::StatusCode::kFailedPrecondition;
  return base::MakeStatus(code, base::Reason::kDeviceFailed, message);
}

}  // namespace attestd::tee::tpm2
