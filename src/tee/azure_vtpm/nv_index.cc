// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/nv_index.h"

#include <absl/strings/str_cat.h>
#include <tss2/tss2_esys.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tee/tpm2/tss_status.h"

namespace attestd::tee::azure_vtpm {
namespace {

using tpm2::EsysContext;
using tpm2::EsysObject;
using tpm2::EsysPtr;
using tpm2::RunStep;

std::string Step(std::string_view command, TPM2_HANDLE index) {
  return absl::StrCat(std::string(command), " of 0x", absl::Hex(index, absl::kZeroPad8));
}

// An index that exists, with what it says of itself.
struct OpenIndex {
  EsysObject object;
  uint16_t size = 0;
  TPMA_NV attributes = 0;
};

absl::StatusOr<std::optional<OpenIndex>> FindIndex(const EsysContext& context, TPM2_HANDLE index,
                                                   base::Deadline deadline) {
  ESYS_TR object = ESYS_TR_NONE;
  ASSIGN_OR_RETURN(const TSS2_RC rc, tpm2::RunCommand(deadline, [&] {
                     return Esys_TR_FromTPMPublic(context.get(), index, ESYS_TR_NONE, ESYS_TR_NONE,
                                                  ESYS_TR_NONE, &object);
                   }));
  if (tpm2::IsUnknownHandle(rc)) {
    return std::optional<OpenIndex>();
  }
  if (rc != TSS2_RC_SUCCESS) {
    return tpm2::TssStatus(rc, Step("TPM2_NV_ReadPublic", index));
  }
  EsysObject owned(context.get(), object, EsysObject::Kind::kPersistent);
  TPM2B_NV_PUBLIC* area = nullptr;
  RETURN_IF_ERROR(RunStep(Step("TPM2_NV_ReadPublic", index), deadline, [&] {
    return Esys_NV_ReadPublic(context.get(), object, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                              &area, nullptr);
  }));
  const EsysPtr<TPM2B_NV_PUBLIC> owned_area(area);
  return std::optional<OpenIndex>(OpenIndex{.object = std::move(owned),
                                            .size = area->nvPublic.dataSize,
                                            .attributes = area->nvPublic.attributes});
}

// Whose (empty) authorization reads or writes the index: the owner's where that is allowed.
ESYS_TR Authority(const OpenIndex& open, TPMA_NV owner_may) {
  return (open.attributes & owner_may) != 0 ? ESYS_TR_RH_OWNER : open.object.get();
}

// OK also when another process was faster.
absl::Status Define(const EsysContext& context, TPM2_HANDLE index, uint16_t size,
                    base::Deadline deadline) {
  const TPM2B_AUTH no_auth{};
  TPM2B_NV_PUBLIC area{};
  area.nvPublic.nvIndex = index;
  area.nvPublic.nameAlg = TPM2_ALG_SHA256;
  area.nvPublic.attributes = TPMA_NV_OWNERREAD | TPMA_NV_OWNERWRITE;
  area.nvPublic.dataSize = size;
  ESYS_TR object = ESYS_TR_NONE;
  ASSIGN_OR_RETURN(const TSS2_RC rc, tpm2::RunCommand(deadline, [&] {
                     return Esys_NV_DefineSpace(context.get(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
                                                ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &area,
                                                &object);
                   }));
  if (rc == TPM2_RC_NV_DEFINED) {
    return absl::OkStatus();
  }
  if (rc != TSS2_RC_SUCCESS) {
    return tpm2::TssStatus(rc, Step("TPM2_NV_DefineSpace", index));
  }
  const EsysObject owned(context.get(), object, EsysObject::Kind::kPersistent);
  return absl::OkStatus();
}

absl::Status Undefine(const EsysContext& context, TPM2_HANDLE index, const OpenIndex& open,
                      base::Deadline deadline) {
  return RunStep(Step("TPM2_NV_UndefineSpace", index), deadline, [&] {
    return Esys_NV_UndefineSpace(context.get(), ESYS_TR_RH_OWNER, open.object.get(),
                                 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
  });
}

absl::Status Write(const EsysContext& context, TPM2_HANDLE index, const OpenIndex& open,
                   base::ByteView data, base::Deadline deadline) {
  TPM2B_MAX_NV_BUFFER buffer{};
  buffer.size = open.size;
  std::copy(data.begin(), data.end(), buffer.buffer);
  return RunStep(Step("TPM2_NV_Write", index), deadline, [&] {
    return Esys_NV_Write(context.get(), Authority(open, TPMA_NV_OWNERWRITE), open.object.get(),
                         ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &buffer, 0);
  });
}

// Appends one piece of at most `limit` bytes; any answer of the TPM but success is returned as it
// is.
absl::StatusOr<TSS2_RC> ReadPiece(const EsysContext& context, const OpenIndex& open, size_t limit,
                                  base::Bytes& content, base::Deadline deadline) {
  const auto size = static_cast<uint16_t>(std::min<size_t>(limit, open.size - content.size()));
  TPM2B_MAX_NV_BUFFER* piece = nullptr;
  ASSIGN_OR_RETURN(const TSS2_RC rc, tpm2::RunCommand(deadline, [&] {
                     return Esys_NV_Read(context.get(), Authority(open, TPMA_NV_OWNERREAD),
                                         open.object.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                         ESYS_TR_NONE, size, static_cast<uint16_t>(content.size()),
                                         &piece);
                   }));
  const EsysPtr<TPM2B_MAX_NV_BUFFER> owned(piece);
  if (rc != TSS2_RC_SUCCESS) {
    return rc;
  }
  if (piece->size == 0 || piece->size > size) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kDeviceFailed,
                            "an answer of another length than asked for");
  }
  content.insert(content.end(), piece->buffer, piece->buffer + piece->size);
  return rc;
}

}  // namespace

absl::StatusOr<size_t> NvReadLimit(const EsysContext& context, base::Deadline deadline) {
  TPMI_YES_NO more = TPM2_NO;
  TPMS_CAPABILITY_DATA* capability = nullptr;
  RETURN_IF_ERROR(RunStep("TPM2_GetCapability of NV_BUFFER_MAX", deadline, [&] {
    return Esys_GetCapability(context.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                              TPM2_CAP_TPM_PROPERTIES, TPM2_PT_NV_BUFFER_MAX, 1, &more,
                              &capability);
  }));
  const EsysPtr<TPMS_CAPABILITY_DATA> owned(capability);
  const TPML_TAGGED_TPM_PROPERTY& properties = capability->data.tpmProperties;
  // A TPM that does not say is asked for what every TPM grants (PC Client TPM profile, 5.6.1).
  constexpr uint32_t kLeast = 512;
  const bool said = properties.count == 1 &&
                    properties.tpmProperty[0].property == TPM2_PT_NV_BUFFER_MAX &&
                    properties.tpmProperty[0].value > 0;
  return std::min<size_t>(said ? properties.tpmProperty[0].value : kLeast, TPM2_MAX_NV_BUFFER_SIZE);
}

absl::StatusOr<std::optional<base::Bytes>> ReadNvIndex(const EsysContext& context,
                                                       TPM2_HANDLE index, size_t limit,
                                                       size_t max_size, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const std::optional<OpenIndex> open, FindIndex(context, index, deadline));
  if (!open.has_value()) {
    return std::optional<base::Bytes>();
  }
  const std::string step = Step("TPM2_NV_Read", index);
  if (open->size > max_size) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            absl::StrCat(step, ": it has ", open->size, " bytes, more than the ",
                                         max_size, " that make sense"));
  }
  base::Bytes content;
  content.reserve(open->size);
  while (content.size() < open->size) {
    const absl::StatusOr<TSS2_RC> rc = ReadPiece(context, *open, limit, content, deadline);
    if (!rc.ok()) {
      return base::Annotate(rc.status(), step);
    }
    if (*rc == TPM2_RC_NV_UNINITIALIZED) {
      return std::optional<base::Bytes>();
    }
    if (*rc != TSS2_RC_SUCCESS) {
      return tpm2::TssStatus(*rc, step);
    }
  }
  return std::optional<base::Bytes>(std::move(content));
}

absl::Status WriteNvIndex(const EsysContext& context, TPM2_HANDLE index, base::ByteView data,
                          size_t max_size, base::Deadline deadline) {
  if (data.empty() || data.size() > max_size || max_size > TPM2_MAX_NV_BUFFER_SIZE) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            absl::StrCat("an NV index cannot take ", data.size(), " bytes"));
  }
  ASSIGN_OR_RETURN(std::optional<OpenIndex> open, FindIndex(context, index, deadline));
  if (open.has_value() && open->size >= data.size() && open->size <= max_size) {
    return Write(context, index, *open, data, deadline);
  }
  if (open.has_value()) {
    RETURN_IF_ERROR(Undefine(context, index, *open, deadline));
    open.reset();
  }
  RETURN_IF_ERROR(Define(context, index, static_cast<uint16_t>(data.size()), deadline));
  ASSIGN_OR_RETURN(const std::optional<OpenIndex> defined, FindIndex(context, index, deadline));
  if (!defined.has_value() || defined->size < data.size()) {
    return base::MakeStatus(
        absl::StatusCode::kUnavailable, base::Reason::kDeviceFailed,
        Step("TPM2_NV_DefineSpace", index) + ": another process removed or replaced it meanwhile");
  }
  return Write(context, index, *defined, data, deadline);
}

}  // namespace attestd::tee::azure_vtpm
