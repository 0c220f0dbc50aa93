// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_ESYS_CONTEXT_H_
#define ATTESTD_TEE_TPM2_ESYS_CONTEXT_H_

#include <absl/functional/function_ref.h>
#include <tss2/tss2_esys.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::tee::tpm2 {

// Owns a reply of ESAPI.
template <typename T>
using EsysPtr = base::Handle<T, Esys_Free>;

// An open TPM: the transport (TCTI) and ESAPI's context over it.
class EsysContext {
 public:
  // `tcti` is "name:configuration" as Tss2_TctiLdr_Initialize reads it. FailedPrecondition with
  // Reason::kDeviceMissing when it cannot be opened.
  static absl::StatusOr<EsysContext> Open(const std::string& tcti);

  ESYS_CONTEXT* get() const { return esys_.get(); }

 private:
  struct TctiDeleter {
    void operator()(TSS2_TCTI_CONTEXT* tcti) const;
  };
  struct EsysDeleter {
    void operator()(ESYS_CONTEXT* esys) const;
  };
  using TctiPtr = std::unique_ptr<TSS2_TCTI_CONTEXT, TctiDeleter>;
  using ContextPtr = std::unique_ptr<ESYS_CONTEXT, EsysDeleter>;

  EsysContext(TctiPtr tcti, ContextPtr esys) : tcti_(std::move(tcti)), esys_(std::move(esys)) {}

  TctiPtr tcti_;  // outlives esys_
  ContextPtr esys_;
};

// Owns a reference to an object in the TPM. A transient object is flushed at the end, a persistent
// one stays in the TPM. Must not outlive its context.
class EsysObject {
 public:
  enum class Kind { kTransient, kPersistent };
  EsysObject(ESYS_CONTEXT* esys, ESYS_TR object, Kind kind)
      : esys_(esys), object_(object), kind_(kind) {}
  EsysObject(EsysObject&& other) noexcept
      : esys_(other.esys_),
        object_(std::exchange(other.object_, ESYS_TR_NONE)),
        kind_(other.kind_) {}
  EsysObject& operator=(EsysObject&&) = delete;
  EsysObject(const EsysObject&) = delete;
  EsysObject& operator=(const EsysObject&) = delete;
  ~EsysObject();

  ESYS_TR get() const { return object_; }

 private:
  ESYS_CONTEXT* esys_;
  ESYS_TR object_;
  Kind kind_;
};

// Runs one TPM command, again a bounded number of times while the TPM asks for that, within the
// deadline. Any other answer is returned as it is: the caller knows what it means.
absl::StatusOr<TSS2_RC> RunCommand(base::Deadline deadline, absl::FunctionRef<TSS2_RC()> command);

// The same where only success is of use: TssStatus(rc, step) otherwise.
absl::Status RunStep(std::string_view step, base::Deadline deadline,
                     absl::FunctionRef<TSS2_RC()> command);

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_ESYS_CONTEXT_H_
