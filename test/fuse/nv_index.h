// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_NV_INDEX_H_
#define ATTESTD_TEST_FUSE_NV_INDEX_H_

#include <cstdint>
#include <optional>

#include "base/bytes.h"

// Commands of TPM 2.0 to NV indexes (library, part 3, clause 31), as bytes.
namespace attestd::fake_tee {

struct NvIndex {
  uint32_t index = 0;
  base::Bytes content;
};

bool IsReadPublicOf(uint32_t index, base::ByteView command);
// The answer to TPM2_NV_ReadPublic or TPM2_NV_Read (by the empty password) of this index; nothing
// for every other command, and for a malformed one.
std::optional<base::Bytes> AnswerForIndex(const NvIndex& index, base::ByteView command);
// A TPM2_NV_Write of the content to the index, from offset 0, by the owner's empty password.
base::Bytes WriteCommand(const NvIndex& index);
// What a TPM2_NV_Write that succeeded has written to the index, from offset 0.
std::optional<base::Bytes> WrittenTo(uint32_t index, base::ByteView command, base::ByteView answer);

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_NV_INDEX_H_
