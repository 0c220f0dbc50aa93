// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm/esys_device.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "tee/tpm/attestation_key.h"
#include "tee/tpm2/esys_context.h"
#include "tee/tpm2/pcr.h"
#include "tee/tpm2/signing_key.h"

namespace attestd::tee::tpm {
namespace {

// A TPM that is open, with its key. The context must outlive the key, hence the order.
struct OpenTpm {
  tpm2::EsysContext context;
  AttestationKey ak;
};

class EsysDevice : public TpmDevice {
 public:
  explicit EsysDevice(EsysDeviceOptions options) : options_(std::move(options)) {}

  absl::StatusOr<base::Bytes> EnsureAk(base::Deadline deadline) override {
    if (open_.has_value()) {
      return Named(tpm2::ReadSigningKey(open_->context, open_->ak.object.get(), deadline));
    }
    RETURN_IF_ERROR(EnsureOpen(deadline));
    return open_->ak.spki;
  }

  absl::StatusOr<tpm2::PcrValues> ReadPcrs(base::Deadline deadline) override {
    RETURN_IF_ERROR(EnsureOpen(deadline));
    return Named(tpm2::ReadPcrs(open_->context, deadline));
  }

  absl::StatusOr<tpm2::SignedQuote> QuotePcrs(base::ByteView extra_data,
                                              base::Deadline deadline) override {
    RETURN_IF_ERROR(EnsureOpen(deadline));
    return Named(tpm2::QuotePcrs(open_->context, open_->ak.object.get(), extra_data, deadline));
  }

  void Close() override { open_.reset(); }

 private:
  // The result, with the device's name before an error.
  template <typename T>
  absl::StatusOr<T> Named(absl::StatusOr<T> result) const {
    if (!result.ok()) {
      return base::Annotate(result.status(), options_.tcti);
    }
    return result;
  }

  absl::Status EnsureOpen(base::Deadline deadline) {
    if (open_.has_value()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(OpenTpm open, Named(Open(deadline)));
    open_.emplace(std::move(open));
    return absl::OkStatus();
  }

  absl::StatusOr<OpenTpm> Open(base::Deadline deadline) const {
    ASSIGN_OR_RETURN(tpm2::EsysContext context, tpm2::EsysContext::Open(options_.tcti));
    ASSIGN_OR_RETURN(AttestationKey ak, FindOrCreateAk(context, options_.ak_handle, deadline));
    return OpenTpm{.context = std::move(context), .ak = std::move(ak)};
  }

  const EsysDeviceOptions options_;
  std::optional<OpenTpm> open_;
};

}  // namespace

std::unique_ptr<TpmDevice> CreateEsysDevice(EsysDeviceOptions options) {
  // Kept when the user set it. NOLINTNEXTLINE(concurrency-mt-unsafe): see the header.
  static_cast<void>(::setenv("TSS2_LOG", "all+NONE", /*overwrite=*/0));
  return std::make_unique<EsysDevice>(std::move(options));
}

}  // namespace attestd::tee::tpm
