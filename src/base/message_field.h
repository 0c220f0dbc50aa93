// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_MESSAGE_FIELD_H_
#define ATTESTD_BASE_MESSAGE_FIELD_H_

#include <cstddef>
#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::base {

// Appends what stands before a field of `size` bytes in a protobuf message: its number, from 1 to
// 15, with wire type 2, and its length (protobuf.dev, "Encoding"). So a secret need not be copied
// into a message.
void AppendFieldHead(unsigned number, size_t size, std::string& bytes);

// Field 1 of a protobuf message, of wire type 2; the last one counts, and empty where there is
// none. Points into the message. InvalidArgument when the message is malformed, or has groups.
absl::StatusOr<ByteView> FieldOne(ByteView message);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_MESSAGE_FIELD_H_
