// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_AZURE_VTPM_NV_INDEX_H_
#define ATTESTD_TEE_AZURE_VTPM_NV_INDEX_H_

#include <tss2/tss2_tpm2_types.h>

#include <optional>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"
#include "tee/tpm2/esys_context.h"

// Commands on an NV index of the TPM, with empty authorizations. Errors are those of RunStep.
namespace attestd::tee::azure_vtpm {

// Most bytes of one TPM2_NV_Read: TPM2_PT_NV_BUFFER_MAX, and what tpm2-tss carries.
absl::StatusOr<size_t> NvReadLimit(const tpm2::EsysContext& context, base::Deadline deadline);

// The whole content, read in pieces of `limit` bytes. Nothing where there is no such index, or it
// was never written. FailedPrecondition for more than `max_size` bytes.
absl::StatusOr<std::optional<base::Bytes>> ReadNvIndex(const tpm2::EsysContext& context,
                                                       TPM2_HANDLE index, size_t limit,
                                                       size_t max_size, base::Deadline deadline);

// Writes data of 1 to `max_size` bytes, followed by zeros where the index is larger. An index that
// is absent, too small, or larger than `max_size` is defined anew with the data's size, for the
// owner to read and write.
absl::Status WriteNvIndex(const tpm2::EsysContext& context, TPM2_HANDLE index, base::ByteView data,
                          size_t max_size, base::Deadline deadline);

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEE_AZURE_VTPM_NV_INDEX_H_
