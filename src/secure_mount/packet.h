// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_PACKET_H_
#define ATTESTD_SECURE_MOUNT_PACKET_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::secure_mount {

// A message of a SOCK_SEQPACKET socket, and a descriptor that came along.
struct Packet {
  std::string text;
  base::UniqueFd fd;
};

inline constexpr size_t kMaxPacketBytes = size_t{128} << 10;
// A key must fit into a pipe that nobody reads yet (pipe(7): 64 KiB, 4 KiB for who has many pipes).
inline constexpr size_t kMaxKeyBytes = 4096;

// Never blocks. `fd` goes along unless it is -1. Unavailable when the other side is gone or does
// not read.
absl::Status SendPacket(int socket, std::string_view text, int fd);
// Waits for one. Unavailable when the other side is gone; InvalidArgument for one that is too long
// or brings more than one descriptor.
absl::StatusOr<Packet> ReceivePacket(int socket);

// The end to read of a pipe that holds the key, and nothing else. InvalidArgument (kKeyUnfit) for
// one of no or more than kMaxKeyBytes bytes.
absl::StatusOr<base::UniqueFd> KeyPipe(base::ByteView key);
// What such a pipe holds.
absl::StatusOr<base::Secret> ReadKeyPipe(int fd);

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_PACKET_H_
