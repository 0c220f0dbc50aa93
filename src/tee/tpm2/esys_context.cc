// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/esys_context.h"

#include <absl/time/clock.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "tee/tpm2/tcti.h"
#include "tee/tpm2/tss_status.h"

namespace attestd::tee::tpm2 {
namespace {

// ESAPI itself sends a command again five times without a pause; these pauses come on top, and add
// up to about a second.
constexpr int kMaxRetries = 10;
constexpr absl::Duration kRetryPause = absl::Milliseconds(20);

absl::Status Missing(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
                          message);
}

// The loader's own error does not tell an absent node from a forbidden one.
absl::Status CheckNode(const std::string& tcti) {
  const std::optional<std::string> path = TctiDevice(tcti);
  if (!path.has_value() || ::access(path->c_str(), R_OK | W_OK) == 0) {
    return absl::OkStatus();
  }
  const int error = errno;
  const absl::Status cause = base::ErrnoStatus(error, *path);
  return Missing("open: " + std::string(cause.message()) +
                 (error == EACCES ? "; the user needs read and write (group tss?)"
                                  : "; set [tpm] tcti to this machine's TPM"));
}

}  // namespace

void EsysContext::TctiDeleter::operator()(TSS2_TCTI_CONTEXT* tcti) const {
  Tss2_TctiLdr_Finalize(&tcti);
}

void EsysContext::EsysDeleter::operator()(ESYS_CONTEXT* esys) const { Esys_Finalize(&esys); }

absl::StatusOr<EsysContext> EsysContext::Open(const std::string& tcti) {
  RETURN_IF_ERROR(CheckNode(tcti));
  TSS2_TCTI_CONTEXT* transport = nullptr;
  TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti.c_str(), &transport);
  TctiPtr owned_transport(transport);
  if (rc != TSS2_RC_SUCCESS) {
    return Missing("open: " + TssText(rc) + "; is the TPM there and not in use by another?");
  }
  ESYS_CONTEXT* esys = nullptr;
  rc = Esys_Initialize(&esys, transport, nullptr);
  ContextPtr owned_esys(esys);
  if (rc != TSS2_RC_SUCCESS) {
    return Missing("open: " + TssText(rc));
  }
  return EsysContext(std::move(owned_transport), std::move(owned_esys));
}

EsysObject::~EsysObject() {
  if (object_ == ESYS_TR_NONE) {
    return;
  }
  // Nothing is left to do about a failure: the connection is going away then.
  if (kind_ == Kind::kTransient) {
    static_cast<void>(Esys_FlushContext(esys_, object_));
  } else {
    static_cast<void>(Esys_TR_Close(esys_, &object_));
  }
}

absl::StatusOr<TSS2_RC> RunCommand(base::Deadline deadline, absl::FunctionRef<TSS2_RC()> command) {
  for (int retry = 0;; ++retry) {
    if (deadline.Expired()) {
      return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
                              "no time left");
    }
    const TSS2_RC rc = command();
    if (!AsksForRetry(rc) || retry == kMaxRetries) {
      return rc;
    }
    absl::SleepFor(std::min(kRetryPause * (retry + 1), deadline.Remaining()));
  }
}

absl::Status RunStep(std::string_view step, base::Deadline deadline,
                     absl::FunctionRef<TSS2_RC()> command) {
  const absl::StatusOr<TSS2_RC> rc = RunCommand(deadline, command);
  if (!rc.ok()) {
    return base::Annotate(rc.status(), step);
  }
  return *rc == TSS2_RC_SUCCESS ? absl::OkStatus() : TssStatus(*rc, step);
}

}  // namespace attestd::tee::tpm2
